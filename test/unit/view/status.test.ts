import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ip, parseIp } from '../../../src/base/ip.ts';
import { centis, micros, millis, type WallTime, wallTime } from '../../../src/base/units.ts';
import { noRefusals } from '../../../src/model/counters.ts';
import type { FlowSyncStatus } from '../../../src/model/flow-sync.ts';
import type { DestAttrs, ObservedDest, ServiceKey, TrafficStats } from '../../../src/model/services.ts';
import type {
  CheckStatus,
  HeartbeatStatus,
  InstanceStatus,
  ServerStatus,
  ServiceStatus,
  Status,
  TrackStatus,
} from '../../../src/model/status.ts';
import { showStatus } from '../../../src/view/status.ts';
import { showStatusJson } from '../../../src/view/status-json.ts';
import { showHealthTable } from '../../../src/view/status-table.ts';
import { PLAIN_STATUS } from '../../support/services.ts';

const NOW = Date.parse('2026-11-21T02:24:04.500Z');
const ago = (seconds: number): WallTime => wallTime(NOW - seconds * 1000);

function ip(text: string): Ip {
  const address = parseIp(text);
  if (address === null) throw new Error(`${text} is not an address`);
  return address;
}

const STATS: TrafficStats = {
  conns: 2n ** 53n + 1n,
  inPackets: 0n,
  outPackets: 0n,
  inBytes: 2n ** 64n - 1n,
  outBytes: 0n,
  cps: 0n,
  inPps: 0n,
  outPps: 0n,
  inBps: 0n,
  outBps: 0n,
};
const ATTRS = { scheduler: 'wlc', schedulerFlags: [], persistence: null, onePacket: false } as const;
const service = (address: string, port: number): ServiceKey => ({
  kind: 'address',
  protocol: 'tcp',
  address: ip(address),
  port,
});

const dest = (address: string, port: number, active: number, inactive: number): ObservedDest => ({
  key: { address: ip(address), port },
  attrs: { weight: 1, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null },
  activeConns: active,
  inactiveConns: inactive,
  persistentConns: 0,
  stats: STATS,
});

const server = (
  address: string,
  health: ServerStatus['health'],
  seconds: number,
  result: string | null,
): ServerStatus => ({
  key: { address: ip(address), port: 80 },
  forward: 'dr',
  configuredWeight: 1,
  effectiveWeight: 1,
  health,
  since: ago(seconds),
  lastCheck:
    result === null
      ? null
      : {
          at: ago(1),
          verdict: result === 'connected' ? 'pass' : 'fail',
          latency: millis(2),
          result,
          detail: `it was ${result}`,
          code: null,
          layer: null,
        },
  checks: [],
  draining: null,
  order: null,
  slowStart: null,
  byHand: null,
});

const instance = (name: string, vrid: number, more: Partial<InstanceStatus>): InstanceStatus => ({
  name,
  interface: 'eth0',
  vrid,
  family: 'inet',
  version: 2,
  state: 'MASTER',
  since: ago(723),
  because: 'no advert from a master for 3.609 s',
  priority: 100,
  effectivePriority: 100,
  advertInterval: centis(100),
  standsBack: false,
  withheld: null,
  contested: null,
  unsent: null,
  virtualAddresses: ['172.25.1.100/24'],
  excludedAddresses: [],
  syncGroup: null,
  tracks: [],
  master: { address: ip('172.25.1.2'), priority: 100 },
  counters: {
    advertsSent: 723,
    advertsReceived: 0,
    priorityZeroSent: 0,
    priorityZeroReceived: 0,
    becameMaster: 1,
    releasedMaster: 0,
    garpsSent: 10,
    nasSent: 0,
    addressListMismatches: 0,
    intervalMismatches: 0,
    refused: { ...noRefusals(), auth: 2 },
  },
  ...more,
});

const track = (over: Partial<TrackStatus>): TrackStatus => ({
  kind: 'script',
  name: 'chk',
  weight: 0,
  reverse: false,
  health: 'unknown',
  contributes: 0,
  ...over,
});

const CHECK: CheckStatus = {
  table: {
    available: true,
    takenAt: ago(0),
    value: {
      version: '1.2.1',
      connectionTableSize: 4096,
      services: [
        {
          key: service('172.25.1.100', 80),
          attrs: ATTRS,
          stats: STATS,
          dests: [
            dest('172.25.1.101', 80, 120, 3400),
            dest('172.25.1.102', 80, 3, 0),
            dest('172.25.1.109', 80, 0, 0),
          ],
        },
        {
          key: service('2001:db8::80', 443),
          attrs: ATTRS,
          stats: STATS,
          dests: [dest('2001:db8::1', 443, 1, 2)],
        },
      ],
    },
  },
  services: [
    {
      name: 'web',
      key: service('172.25.1.100', 80),
      servers: [
        server('172.25.1.101', 'up', 723, 'connected'),
        server('172.25.1.102', 'up', 3600, 'timeout'),
        server('172.25.1.103', 'down', 12, 'refused'),
      ],
      ...PLAIN_STATUS,
    },
    {
      name: 'late',
      key: service('172.25.1.100', 8080),
      servers: [server('172.25.1.104', 'unchecked', 5, null)],
      ...PLAIN_STATUS,
    },
  ],
};

const STATUS: Status = {
  schemaVersion: 1,
  takenAt: ago(0),
  daemon: {
    version: '1.2.3',
    pid: 4242,
    routerId: 'lb01',
    startedAt: ago(273_906),
    configFile: '/etc/lbd/lbd.yaml',
    generation: 3,
    loadedAt: ago(723),
    reloadError: '/etc/lbd/lbd.yaml:12:3: unknown key "prot" (and 1 more)',
    stateProblem: '/var/lib/lbd/roles.json: EROFS: read-only file system',
    processes: [
      { name: 'vrrp', pid: 4243, startedAt: ago(273_906), restarts: 0, applied: 3, problem: null },
      {
        name: 'check',
        pid: 4250,
        startedAt: ago(65),
        restarts: 2,
        applied: 2,
        problem: 'no such scheduler: mh',
      },
    ],
  },
  vrrp: {
    available: true,
    takenAt: ago(0),
    value: {
      syncGroups: [{ name: 'VG_1', state: 'BACKUP', members: ['backup_of_2'] }],
      bfd: [],
      heartbeat: [],
      instances: [
        instance('VI_1', 51, {}),
        instance('backup_of_2', 52, {
          state: 'BACKUP',
          priority: 50,
          effectivePriority: 30,
          virtualAddresses: ['172.25.1.110/24'],
          excludedAddresses: ['172.25.1.111/24'],
          syncGroup: 'VG_1',
          tracks: [
            track({ name: 'chk', weight: -20, health: 'bad', contributes: -20 }),
            track({ kind: 'interface', name: 'eth1', health: 'good', contributes: 0 }),
            track({ kind: 'file', name: 'load', weight: 1, health: 'good', contributes: 0 }),
          ],
          master: null,
          because: 'started',
        }),
      ],
      unmatched: noRefusals(),
      lateness: { worst: micros(900), worstAt: null, worstLastMinute: micros(400) },
    },
  },
  check: { available: true, takenAt: ago(0), value: CHECK },
};

test('showStatus shows what runs, the virtual routers and the table with its health', () => {
  assert.equal(
    showStatus(STATUS),
    `lbd 1.2.3 on lb01, pid 4242, up 3d 4h
configuration 3 from /etc/lbd/lbd.yaml, in force since 2026-11-21 02:12:01Z (12m 3s)
last reload refused, configuration 3 kept: /etc/lbd/lbd.yaml:12:3: unknown key "prot" (and 1 more)
roles and verdicts would not outlive this lbd: /var/lib/lbd/roles.json: EROFS: read-only file system
process vrrp: pid 4243, up 3d 4h
process check: pid 4250, up 1m 5s, restarted 2 times, has not applied configuration 3 yet; problem: no such scheduler: mh

VRRP                    State   Since                 Age     Priority  Master            Virtual addresses
VI_1 (eth0, 51)         MASTER  2026-11-21 02:12:01Z  12m 3s  100       172.25.1.2 (100)  172.25.1.100/24
  -> no advert from a master for 3.609 s
backup_of_2 (eth0, 52)  BACKUP  2026-11-21 02:12:01Z  12m 3s  30 (50)   -                 172.25.1.110/24, 172.25.1.111/24
  -> started
  script chk: bad, -20
  interface eth1: good
  file load: +0
sync group VG_1: BACKUP: backup_of_2

IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn  Health
TCP  172.25.1.100:80 wlc                                               web: 2 of 3 up
  -> 172.25.1.101:80              Route   1      120        3400       up 12m 3s
  -> 172.25.1.102:80              Route   1      3          0          up 1h 0m, last check: timeout
  -> 172.25.1.109:80              Route   1      0          0          foreign
  -> 172.25.1.103:80              Route   -      -          -          removed: down 12s (refused)
TCP  [2001:db8::80]:443 wlc                                            foreign
  -> [2001:db8::1]:443            Route   1      1          2          foreign
TCP  172.25.1.100:8080                                                 late: 1 of 1 up, not in the kernel
  -> 172.25.1.104:80              Route   -      -          -          not in the kernel: unchecked
`,
  );
});

test('showStatus says why a part is not there, and how old one is', () => {
  const status: Status = {
    ...STATUS,
    daemon: { ...STATUS.daemon, reloadError: null, stateProblem: null, processes: [] },
    vrrp: { available: false, reason: 'vrrp (pid 4243) does not answer, last heard 7.0 s ago' },
    check: {
      available: true,
      takenAt: ago(2),
      value: {
        table: { available: false, reason: 'the kernel has no IPVS' },
        services: CHECK.services.slice(1),
      },
    },
  };
  assert.equal(
    showStatus(status),
    `lbd 1.2.3 on lb01, pid 4242, up 3d 4h
configuration 3 from /etc/lbd/lbd.yaml, in force since 2026-11-21 02:12:01Z (12m 3s)

VRRP not available: vrrp (pid 4243) does not answer, last heard 7.0 s ago

IPVS as of 2s ago:
IPVS not available: the kernel has no IPVS
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn  Health
TCP  172.25.1.100:8080                                                 late: 1 of 1 up, not in the kernel
  -> 172.25.1.104:80              Route   -      -          -          not in the kernel: unchecked
`,
  );
});

test('showStatus does not take a check process that is silent for a kernel without IPVS', () => {
  const reason = 'check (pid 4250) does not answer, last heard 15.7 s ago';
  assert.match(
    showStatus({ ...STATUS, check: { available: false, reason } }),
    /\n\nThe table is not known: check \(pid 4250\) does not answer, last heard 15\.7 s ago; the kernel goes on with what it has\n$/,
  );
});

test('showStatus does not speak of a missing IPVS where no service wants one', () => {
  const table = { available: false, reason: 'the kernel has no IPVS' } as const;
  const text = showStatus({
    ...STATUS,
    check: { available: true, takenAt: ago(0), value: { table, services: [] } },
  });
  assert.match(text, /\nNo virtual services are configured\.\n$/);
  assert.doesNotMatch(text, /IPVS/);
});

test('showStatus tells of signs of a second master, and of adverts that do not leave', () => {
  assert.ok(STATUS.vrrp.available);
  const contested = '10.0.0.2 advertises too (priority 90)';
  const instances = [instance('VI_1', 51, { contested, unsent: 'EPERM' })];
  const status: Status = {
    ...STATUS,
    vrrp: { ...STATUS.vrrp, value: { ...STATUS.vrrp.value, instances } },
  };
  assert.match(
    showStatus(status),
    /3\.609 s\n {2}two masters\? 10\.0\.0\.2 advertises too \(priority 90\): see lbctl why VI_1\n {2}cannot send adverts: EPERM\n/,
  );
  const [shown] = JSON.parse(showStatusJson(status)).vrrp.value.instances;
  assert.deepEqual([shown.contested, shown.unsent], [contested, 'EPERM']);
});

test('showStatus shows what is drained and what was changed by hand', () => {
  const draining = { since: ago(12), until: ago(-48), activeConns: 3 };
  const change = (attrs: DestAttrs | null, difference: string) =>
    ({ policy: 'report', attrs, configured: difference === 'added' ? null : usual, difference }) as const;
  const { attrs: usual } = dest('172.25.1.101', 80, 0, 0);
  const [web] = CHECK.services;
  assert.ok(web !== undefined && CHECK.table.available);
  const [first, foreign] = CHECK.table.value.services;
  assert.ok(first !== undefined && foreign !== undefined);
  const held = { ...first, dests: [...first.dests, dest('172.25.1.105', 80, 0, 0)] };
  const idle = { ...server('172.25.1.109', 'unchecked', 12, null), draining };
  const gone = { ...server('172.25.1.108', 'unchecked', 12, null), draining };
  const left = server('172.25.1.101', 'up', 723, 'connected');
  const text = showStatus({
    ...STATUS,
    check: {
      available: true,
      takenAt: ago(0),
      value: {
        table: { ...CHECK.table, value: { ...CHECK.table.value, services: [held, foreign] } },
        services: [
          {
            ...web,
            byHand: {
              ...{ policy: 'report', attrs: ATTRS, configured: { ...ATTRS, scheduler: 'rr' } },
              difference: 'scheduler wlc instead of rr',
            },
            servers: [
              { ...left, byHand: change({ ...usual, weight: 1 }, 'weight 1 instead of 2') },
              server('172.25.1.102', 'up', 3600, 'connected'),
              { ...server('172.25.1.103', 'up', 12, 'connected'), byHand: change(null, 'removed') },
              { ...server('172.25.1.105', 'unchecked', 12, null), byHand: change(usual, 'added') },
              idle,
              gone,
            ],
          },
          {
            name: 'mail',
            key: foreign.key,
            servers: [{ ...idle, key: { address: ip('2001:db8::1'), port: 443 } }],
            ...PLAIN_STATUS,
          },
          {
            name: 'late',
            key: service('172.25.1.100', 8080),
            servers: [],
            ...PLAIN_STATUS,
            byHand: { policy: 'report', attrs: null, configured: ATTRS, difference: 'removed' },
          },
        ],
      },
    },
  });
  assert.equal(
    text.slice(text.indexOf('TCP')),
    `TCP  172.25.1.100:80 wlc                                               web: 2 of 3 up, 1 removed by hand, 1 added by hand, by hand: scheduler wlc instead of rr
  -> 172.25.1.101:80              Route   1      120        3400       up 12m 3s, by hand: weight 1 instead of 2
  -> 172.25.1.102:80              Route   1      3          0          up 1h 0m
  -> 172.25.1.105:80              Route   1      0          0          unchecked, by hand: added
  -> 172.25.1.109:80              Route   1      0          0          draining for 12s, at most 48s more
  -> 172.25.1.103:80              Route   -      -          -          removed by hand: up 12s
TCP  [2001:db8::80]:443 wlc                                            mail: draining
  -> [2001:db8::1]:443            Route   1      1          2          draining for 12s, at most 48s more
TCP  172.25.1.100:8080                                                 late: 0 of 0 up, removed by hand
`,
  );
});

test('showStatus tells of XDP where that is the data plane', () => {
  assert.ok(CHECK.table.available);
  const xdp = {
    interfaces: [
      { name: 'eth0', mode: 'driver' as const },
      { name: 'eth1', mode: 'kept' as const },
    ],
    counters: { malformed: 0n, no_server: 3n, not_stored: 12n },
  };
  const table = { ...CHECK.table, value: { ...CHECK.table.value, xdp } };
  const check = { available: true as const, takenAt: ago(0), value: { ...CHECK, table } };
  const lines = showStatus({ ...STATUS, check })
    .trimEnd()
    .split('\n');
  assert.equal(lines.at(-1), 'XDP on eth0 (driver), eth1; counted: no_server 3, not_stored 12');
});

test('showStatus tells with whom flows of XDP are shared', () => {
  assert.ok(CHECK.table.available);
  const peer = (address: string, isHeard: boolean) => {
    const since = wallTime(NOW);
    return { address: address as Ip, isHeard, since, lost: 0, refused: null };
  };
  const sync: FlowSyncStatus = {
    local: '10.0.0.1' as Ip,
    peers: [peer('10.0.0.2', true), peer('10.0.0.3', false)],
    sent: { datagrams: 1, flows: 2, failed: 0 },
    waited: 0,
    round: 1.05,
    received: { datagrams: 0, stored: 0, kept: 0, full: 0, unknown: 0 },
    refused: {
      ...{ truncated: 0, version: 0, signature: 0, malformed: 0 },
      ...{ foreign: 0, time: 0, replay: 0, flood: 0 },
    },
  };
  const xdp = { interfaces: [{ name: 'eth0', mode: 'driver' as const }], counters: {}, sync };
  const table = { ...CHECK.table, value: { ...CHECK.table.value, xdp } };
  const check = { available: true as const, takenAt: ago(0), value: { ...CHECK, table } };
  const told = 'XDP on eth0 (driver); shares flows with 10.0.0.2, 10.0.0.3 (silent)';
  assert.ok(showStatus({ ...STATUS, check }).endsWith(`${told}\n`));
  assert.match(showStatusJson({ ...STATUS, check }), /"round_s": 1\.05/);
});

test('showStatusJson keeps counters exact and names units and moments', () => {
  const json = showStatusJson(STATUS);
  assert.match(json, /"conns": 9007199254740993,/);
  assert.match(json, /"in_bytes": 18446744073709551615,/);
  const parsed = JSON.parse(json);
  assert.equal(parsed.schema_version, 1);
  const first = parsed.vrrp.value.instances[0];
  assert.equal(first.since, '2026-11-21T02:12:01.500Z');
  assert.equal(first.since_ms, NOW - 723_000);
  assert.equal(first.advert_interval_cs, 100);
  assert.equal(first.counters.refused.auth, 2);
  assert.equal(parsed.vrrp.value.lateness.worst_at, null);
  assert.equal(parsed.check.value.services[0].servers[0].last_check.latency_ms, 2);
});

test('showStatus tells what witnesses say, and on a witness who has what', () => {
  const router = { vrid: 51, address: '172.25.1.100' as Ip };
  const path = (peer: string, over: Partial<HeartbeatStatus>): HeartbeatStatus => ({
    ...{ local: '10.8.0.1' as Ip, peer: peer as Ip, alive: true, routerId: null, since: ago(65) },
    ...{ problem: null, witness: false, says: [], granted: [], ...over },
  });
  const heartbeat = [
    path('10.8.0.11', { routerId: 'w1', witness: true, says: [{ ...router, verdict: 'yours' }] }),
    path('10.8.0.12', { witness: true, says: [{ ...router, verdict: 'another' }], alive: false }),
    path('10.8.0.2', { routerId: 'lb02', granted: [router] }),
  ];
  assert.ok(STATUS.vrrp.available);
  const value = { ...STATUS.vrrp.value, instances: [], syncGroups: [], heartbeat };
  const text = showStatus({ ...STATUS, vrrp: { ...STATUS.vrrp, value } });
  assert.deepEqual(text.split('\n').slice(7, 11), [
    'No VRRP instances are configured.',
    'heartbeat 10.8.0.1 to 10.8.0.11 (w1), a witness: heard for 1m 5s; grants us 172.25.1.100 (VRID 51)',
    'heartbeat 10.8.0.1 to 10.8.0.12, a witness: not heard for 1m 5s; says that another has 172.25.1.100 (VRID 51)',
    'heartbeat 10.8.0.1 to 10.8.0.2 (lb02): heard for 1m 5s; has our grant of 172.25.1.100 (VRID 51)',
  ]);
});

test('showStatus tells of a quorum, of the sorry server, and of checks that are suspended', () => {
  const [web, late] = CHECK.services;
  assert.ok(web !== undefined && late !== undefined && CHECK.table.available);
  const sorry = { key: { address: ip('172.25.1.109'), port: 80 }, forward: 'dr' as const };
  const quorum = { since: ago(9), quorum: 3, hysteresis: 1 };
  const [kernel] = CHECK.table.value.services;
  const [dest] = kernel?.dests ?? [];
  assert.ok(kernel !== undefined && dest !== undefined);
  const rows = (service: ServiceStatus, ...addresses: string[]): string[] => {
    const dests = addresses.map((address) => ({ ...dest, key: { address: ip(address), port: 80 } }));
    const value = { version: '1.2.1', connectionTableSize: 4096, services: [{ ...kernel, dests }] };
    const check = { ...CHECK, table: { ...CHECK.table, value }, services: [service] };
    const lines = showHealthTable(check as CheckStatus, ago(0)).slice(3);
    return lines.map((line) => line.slice(71));
  };
  const lost = {
    ...web,
    quorum: { ...quorum, has: false, live: 2 },
    sorryServer: { ...sorry, serves: true },
  };
  assert.deepEqual(rows(lost, '172.25.1.109'), [
    'web: 2 of 3 up, no quorum (2 of 4)',
    'sorry server, serves',
    'no quorum: up 12m 3s',
    'no quorum: up 1h 0m, last check: timeout',
    'removed: down 12s (refused)',
  ]);
  const had = { ...web, quorum: { ...quorum, has: true, live: 2 }, sorryServer: { ...sorry, serves: false } };
  assert.deepEqual(rows({ ...had, suspended: true }, '172.25.1.101', '172.25.1.109'), [
    'web: 1 of 3 up, quorum (2 of 2), checks suspended',
    'up 12m 3s',
    'sorry server',
    'removed: up 1h 0m, last check: timeout',
    'removed: down 12s (refused)',
  ]);
});

test('showHealthTable tells what operators have ordered, and of weights that rise', () => {
  const [web] = CHECK.services;
  const [kernel] = CHECK.table.available ? CHECK.table.value.services : [];
  const [one, two, three] = web?.servers ?? [];
  assert.ok(web !== undefined && kernel !== undefined && CHECK.table.available);
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  const rows = (servers: readonly ServerStatus[], ...addresses: string[]): string[] => {
    const dests = kernel.dests.filter(({ key }) => addresses.includes(key.address));
    const value = { version: '1.2.1', connectionTableSize: 4096, services: [{ ...kernel, dests }] };
    const check = { table: { ...CHECK.table, value }, services: [{ ...web, servers }] };
    const lines = showHealthTable(check as CheckStatus, ago(0)).slice(3);
    return lines.map((line) => line.slice(71));
  };
  const drain = { kind: 'drain', since: ago(65), limit: millis(300_000), ended: null } as const;
  const draining = { since: ago(65), until: ago(-235), activeConns: 3 };
  const weight = {
    kind: 'weight',
    since: ago(9),
    weight: { count: 50, isPercent: true },
    ended: null,
  } as const;
  const slowStart = { since: ago(3), until: ago(-57), full: 100 };
  assert.deepEqual(
    rows(
      [{ ...one, order: drain, draining }, { ...two, order: weight, slowStart }, three],
      '172.25.1.101',
      '172.25.1.102',
    ),
    [
      'web: 1 of 3 up, 1 out by order',
      'draining by order for 1m 5s, at most 3m 55s more',
      'up 1h 0m, last check: timeout, weight 50% by order, slow start to 100',
      'removed: down 12s (refused)',
    ],
  );
  const ended = { how: 'idle', cut: 0, at: ago(5) } as const;
  assert.deepEqual(
    rows([
      { ...one, order: { ...drain, ended } },
      { ...two, order: { kind: 'maint', since: ago(7200), ended: null } },
    ]),
    [
      'web: 0 of 2 up, 2 out by order',
      'drained 5s ago: up 12m 3s',
      'in maintenance for 2h 0m: up 1h 0m, last check: timeout',
    ],
  );
});
