import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../../src/base/ip.ts';
import type { Mac } from '../../../../src/base/mac.ts';
import { err, ok } from '../../../../src/base/result.ts';
import { readYaml } from '../../../../src/config/read-yaml.ts';
import type { FindingCode } from '../../../../src/model/doctor.ts';
import { diagnoseDirector } from '../../../../src/plan/doctor/director.ts';
import type {
  DaemonFacts,
  DirectorFacts,
  InstanceFacts,
  LinkState,
} from '../../../../src/plan/doctor/facts.ts';
import { REFUSAL_HINTS } from '../../../../src/view/refusal-hints.ts';
import { ip } from '../../../support/instances.ts';

const VIP = ip('10.0.0.100');
const mac = (last: number) => `02:00:00:00:00:0${last}` as Mac;
const [OWN, PEER, SERVER, STRANGER] = [1, 2, 3, 4].map(mac) as [Mac, Mac, Mac, Mac];

const SITE = (service = '') => `router_id: lb01
vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    virtual_addresses: [10.0.0.100/24]
services:
  web:
    address: 10.0.0.100
    port: 80
    protocol: tcp
    scheduler: rr
    forward: dr
    servers: [10.0.0.11]
    ${service}
`;

function config(text: string) {
  const read = readYaml(text, 'lbd.yaml', { hostname: 'lb01' });
  assert.ok(read.ok, JSON.stringify(read));
  return read.value.config;
}

const INSTANCE: InstanceFacts = {
  ...{ name: 'VI_1', state: 'MASTER', because: 'it is the best', withheld: null, contested: null },
  ...{ unsent: null, master: ip('10.0.0.1'), refused: { vrid: 0 } },
};
const instance = (over: Partial<InstanceFacts>, heartbeat: { readonly alive: boolean } | null = null) =>
  daemon({
    vrrp: ok({
      instances: [{ ...INSTANCE, ...over }],
      heartbeat:
        heartbeat === null ? [] : [{ local: '10.9.0.1', peer: '10.9.0.2', problem: null, ...heartbeat }],
      unmatched: { vrid: 7 },
    }),
  });
const daemon = (over: Partial<DaemonFacts>): Partial<DirectorFacts> => ({
  daemon: ok({
    ...{ reloadError: null, stateProblem: null, processes: [{ name: 'vrrp', pid: 5, problem: null }] },
    vrrp: ok({ instances: [INSTANCE], heartbeat: [], unmatched: { vrid: 7 } }),
    table: ok({ foreign: [], size: 2 }),
    ...over,
  }),
});

const SYSCTLS: Readonly<Record<string, string>> = {
  'net.ipv4.ip_forward': '0',
  'net.ipv4.vs.conn_reuse_mode': '1',
  'net.ipv4.vs.expire_nodest_conn': '1',
  'net.ipv4.vs.expire_quiescent_template': '0',
  'net.ipv4.vs.run_estimation': '1',
  'net.ipv4.vs.pmtu_disc': '1',
  'net.ipv4.vs.conntrack': '0',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.eth0.rp_filter': '1',
  'net.ipv4.conf.all.send_redirects': '1',
  'net.ipv4.conf.all.arp_ignore': '0',
  'net.ipv4.conf.eth0.arp_ignore': '0',
};
const sysctls = (over: Readonly<Record<string, string | null>>): Partial<DirectorFacts> => ({
  sysctl: (name) => ({ ...SYSCTLS, ...over })[name] ?? null,
});
const links = (
  over: Partial<{ isUp: boolean; hasCarrier: boolean; addresses: [string, number][]; onLo: string }>,
): Partial<DirectorFacts> => ({
  links: new Map([
    [
      'lo',
      {
        ...LINK,
        answersArp: false,
        mac: null,
        addresses: over.onLo === undefined ? [] : [{ address: ip(over.onLo), prefix: 32 }],
      },
    ],
    [
      'eth0',
      {
        ...{ ...LINK, isUp: over.isUp ?? true, hasCarrier: over.hasCarrier ?? true },
        addresses: (
          over.addresses ?? [
            ['10.0.0.1', 24],
            [VIP, 24],
          ]
        ).map(([address, prefix]) => ({ address: ip(address), prefix })),
      },
    ],
  ]),
});
const LINK: LinkState = {
  ...{ isUp: true, hasCarrier: true, answersArp: true, mtu: 1500, mac: OWN, addresses: [] },
  ...{ kind: null, below: null },
};
const route = (gateway: Ip | null, source = ip('10.0.0.1')) => ({
  routes: ok(new Map([[ip('10.0.0.11'), { dev: 'eth0', gateway, source, isLocal: false }]])),
});
const answer = (...macs: Mac[]): Partial<DirectorFacts> => ({ answers: new Map([[VIP, ok(macs)]]) });

/** A master that is well, with one DR server beside it. */
const HEALTHY: DirectorFacts = {
  ...{ config: config(SITE()), configFile: '/etc/lbd/lbd.yaml', configFindings: [], expectsDaemon: true },
  ...(daemon({}) as Pick<DirectorFacts, 'daemon'>),
  ...(links({}) as Pick<DirectorFacts, 'links'>),
  ...(sysctls({}) as Pick<DirectorFacts, 'sysctl'>),
  ...route(null),
  module: () => 'loaded',
  defaults: ok({ inet: ['eth0'], inet6: [] }),
  ruleset: ok([]),
  ...(answer(OWN) as Pick<DirectorFacts, 'answers'>),
  neighbours: new Map([
    [ip('10.0.0.11'), SERVER],
    [ip('10.0.0.2'), PEER],
  ]),
  rivals: [],
  enabledUnits: ok([]),
  clock: ok(true),
  bpf: { hasTypes: true, hasFilesystem: true },
  vlanOffloads: new Map(),
  kernel: [6, 1],
};

const codesOf = (over: Partial<DirectorFacts>) =>
  diagnoseDirector({ ...HEALTHY, ...over }, REFUSAL_HINTS).findings.map(
    ({ severity, code }) => `${severity} ${code}`,
  );
const finds = (over: Partial<DirectorFacts>, ...expected: readonly `${string} ${FindingCode}`[]) =>
  assert.deepEqual(codesOf(over), expected);
const nat = (text = 'persistence_timeout: 60') => config(SITE(text).replace('forward: dr', 'forward: nat'));
const ESTABLISHED = {
  match: { op: 'in', left: { ct: { key: 'state' } }, right: ['established', 'related'] },
};
const BACKUP = { state: 'BACKUP', master: ip('10.0.0.2') } as const;
const asBackup = { ...instance(BACKUP), ...links({ addresses: [['10.0.0.1', 24]] }) };

test('diagnoseDirector finds nothing where all is well, and says what it has looked at', () => {
  const { findings, looked, missed } = diagnoseDirector(HEALTHY, REFUSAL_HINTS);
  assert.deepEqual(findings, []);
  assert.ok(
    looked.includes('packet filter (nftables)') && looked.includes('who answers for 10.0.0.100 on eth0'),
  );
  assert.deepEqual(
    missed.map(({ what }) => what),
    ['whether there is a backup'],
  );
  finds({ ...asBackup, ...answer(PEER) });
  finds({ ...asBackup, ...answer('00:00:5e:00:01:33' as Mac), neighbours: HEALTHY.neighbours });
});

test('diagnoseDirector finds what lbd says of itself and its peers', () => {
  finds(
    { daemon: err('cannot reach lbd'), ...links({ addresses: [['10.0.0.1', 24]] }) },
    'error not_running',
  );
  finds({ daemon: err('cannot reach lbd'), expectsDaemon: false, ...links({ addresses: [] }) });
  finds(daemon({ processes: [{ name: 'check', pid: null, problem: null }] }), 'error process_problem');
  const problem = 'this kernel has no IPVS';
  const { findings } = diagnoseDirector(
    { ...HEALTHY, ...daemon({ processes: [{ name: 'check', pid: 7, problem }], table: err(problem) }) },
    REFUSAL_HINTS,
  );
  assert.equal(findings.find(({ code }) => code === 'process_problem')?.fix, null, 'no log can mend that');
  finds(
    daemon({ reloadError: 'line 3', stateProblem: 'read-only' }),
    'warning reload_refused',
    'warning state_directory',
  );
  finds(daemon({ table: ok({ foreign: ['tcp 10.0.0.9:80'], size: 3 }) }), 'warning foreign_services');
  finds(instance({ state: 'FAULT', master: null }), 'error instance_fault', 'error vip_outside_lbd');
  finds(instance({ unsent: 'EPERM' }), 'error adverts_unsent');
  finds(instance({ contested: '10.0.0.2 advertises too' }), 'error second_master');
  finds(instance({ refused: { auth: 2, vrid: 0 } }), 'error adverts_refused');
  finds(instance({}, { alive: false }), 'error heartbeat_down');
  finds(instance({}, { alive: true }));
});

test('diagnoseDirector finds virtual addresses that are where they should not be', () => {
  finds({ ...asBackup, ...links({}), ...answer(OWN, PEER) }, 'error vip_outside_lbd');
  finds({ daemon: err('down') }, 'error not_running', 'warning vip_outside_lbd');
  finds({ ...asBackup, ...links({ addresses: [], onLo: VIP }) }, 'error arp_ignore');
  finds({
    ...asBackup,
    ...links({ addresses: [], onLo: VIP }),
    ...sysctls({ 'net.ipv4.conf.all.arp_ignore': '1' }),
  });
  finds(answer(OWN, STRANGER), 'error vip_elsewhere');
  finds({ ...asBackup, ...answer(PEER, STRANGER) }, 'error vip_elsewhere');
  finds(answer(SERVER), 'error real_server_answers_arp');
  // A backup that does not know the hardware address of the master cannot tell it from another.
  finds({ ...asBackup, ...answer(PEER), neighbours: new Map() });
});

test('diagnoseDirector finds ways that do not lead where they should', () => {
  finds(links({ hasCarrier: false }), 'error no_carrier');
  finds(route(ip('10.0.0.254')), 'error dr_not_on_link');
  finds({ routes: ok(new Map()) }, 'error dr_not_on_link');
  const tunnel = { config: config(SITE().replace('forward: dr', 'forward: tun')) };
  finds({ ...tunnel, ...route(ip('10.0.0.254')) }, 'hint tunnel_mtu');
  finds({ ...tunnel, ...sysctls({ 'net.ipv4.vs.pmtu_disc': '0' }) });
  finds({ ...tunnel, ...route(null, VIP) }, 'error tunnel_source', 'hint tunnel_mtu');
  const checked = { config: config(SITE('check: { type: tcp }')) };
  finds({ ...checked, ...route(null, VIP) }, 'error check_source');
  finds(route(null, VIP));
  const bound = { config: config(SITE('check: { type: tcp, bind_ip: 10.0.0.1 }')) };
  finds({ ...bound, ...route(null, VIP) });
  finds({ defaults: ok({ inet: ['eth1'], inet6: [] }) }, 'warning rp_filter_strict');
  finds({ defaults: ok({ inet: [], inet6: [] }) });
  finds({ defaults: ok({ inet: ['eth1'], inet6: [] }), ...sysctls({ 'net.ipv4.conf.all.rp_filter': '2' }) });
});

test('diagnoseDirector says the command with what the configuration has', () => {
  const fixes = (over: Partial<DirectorFacts>) =>
    diagnoseDirector({ ...HEALTHY, ...over }, REFUSAL_HINTS).findings.map(({ fix }) => fix);
  const tunnel = (words: string) => config(SITE(words).replace('forward: dr', 'forward: tun'));
  assert.deepEqual(
    fixes({
      ...{ config: tunnel('tunnel: { type: gue, port: 6080 }'), ...answer(OWN, SERVER) },
      ...sysctls({ 'net.ipv4.vs.pmtu_disc': '0' }),
    }),
    ['lbctl realserver up 10.0.0.100 --tunnel gue --tunnel-port 6080  # on 10.0.0.11'],
  );
  const far = { ...LINK, mac: null, addresses: [] };
  const narrow = fixes({
    ...{ config: tunnel('tunnel: { type: gre }'), links: new Map([...HEALTHY.links, ['eth1', far]]) },
    routes: ok(new Map([[ip('10.0.0.11'), { dev: 'eth1', gateway: null, source: null, isLocal: false }]])),
  });
  assert.match(narrow.join(), /^ip link set eth1 mtu 1524 {2}# .* advmss 1436$/);
});

test('diagnoseDirector finds what NAT needs', () => {
  const on = { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.all.send_redirects': '0' };
  const hints = ['hint nat_return_route', 'hint expire_quiescent_template'] as const;
  finds({ config: nat(), ...sysctls(on) }, ...hints);
  finds(
    { config: nat(), ...sysctls({ ...on, 'net.ipv4.ip_forward': '0' }) },
    'error forwarding_off',
    ...hints,
  );
  finds(
    { config: nat(), ...sysctls({ ...on, 'net.ipv4.conf.all.send_redirects': '1' }) },
    'warning send_redirects',
    ...hints,
  );
  const ruleset = ok([
    {
      chain: {
        family: 'ip',
        table: 'filter',
        name: 'FORWARD',
        type: 'filter',
        hook: 'forward',
        prio: 0,
        policy: 'drop',
      },
    },
  ]);
  finds({ config: nat(), ...sysctls(on), ruleset }, 'warning firewall_forward', ...hints);
  finds({ ruleset });
  const byConnection = ok([
    ...ruleset.value,
    {
      rule: {
        family: 'ip',
        table: 'filter',
        chain: 'FORWARD',
        handle: 4,
        expr: [ESTABLISHED, { accept: null }],
      },
    },
  ]);
  finds({ config: nat(), ...sysctls(on), ruleset: byConnection }, 'warning firewall_forward', ...hints);
  finds(
    { config: nat(), ...sysctls({ ...on, 'net.ipv4.vs.conntrack': '1' }), ruleset: byConnection },
    ...hints,
  );
});

test('diagnoseDirector finds a packet filter that drops adverts, of multicast and of named peers', () => {
  const chain = { family: 'inet', table: 't', name: 'in', type: 'filter', hook: 'input', prio: 0 };
  const rule = (...expr: unknown[]) => ({
    rule: { family: 'inet', table: 't', chain: 'in', handle: 3, expr },
  });
  finds({ ruleset: ok([{ chain: { ...chain, policy: 'drop' } }]) }, 'error firewall_vrrp');
  const friends = rule(
    { match: { op: '==', left: { payload: { protocol: 'ip', field: 'saddr' } }, right: '@f' } },
    { accept: null },
  );
  finds({ ruleset: ok([{ chain: { ...chain, policy: 'drop' } }, friends]) }, 'warning firewall_vrrp');
  const out = { ...chain, hook: 'output', policy: 'drop' };
  finds({ ruleset: ok([{ chain: out }]) }, 'error firewall_vrrp');
  const unicast = config(
    SITE().replace('virtual_router_id: 51', 'virtual_router_id: 51\n    unicast_peers: [10.0.0.2, 10.0.0.3]'),
  );
  const peer = rule(
    { match: { op: '==', left: { payload: { protocol: 'ip', field: 'saddr' } }, right: '10.0.0.2' } },
    { accept: null },
  );
  finds(
    { config: unicast, ruleset: ok([{ chain: { ...chain, policy: 'drop' } }, peer]) },
    'error firewall_vrrp',
  );
  // A backup never answers, so that to connection tracking the adverts of a group are always new.
  const drop = { chain: { ...chain, policy: 'drop' } };
  finds({ ruleset: ok([drop, rule(ESTABLISHED, { accept: null })]) }, 'error firewall_vrrp');
  finds(
    { config: unicast, ruleset: ok([drop, rule(ESTABLISHED, { accept: null })]) },
    'warning firewall_vrrp',
  );
  const missed = diagnoseDirector({ ...HEALTHY, ruleset: err('nft is not installed') }, REFUSAL_HINTS).missed;
  assert.ok(missed.some(({ because }) => because === 'nft is not installed'));
});

test('diagnoseDirector finds what the kernel lacks, and settings that surprise', () => {
  const noTable = daemon({ table: err('no ip_vs') });
  finds({ ...noTable, module: () => 'missing' }, 'error ipvs_missing');
  finds({ ...noTable, module: () => 'installed' }, 'error ipvs_missing');
  finds({ module: (name) => (name === 'ip_vs_rr' ? 'missing' : 'loaded') }, 'error scheduler_missing');
  finds(sysctls({ 'net.ipv4.vs.conn_reuse_mode': '0' }), 'warning conn_reuse_mode');
  finds(sysctls({ 'net.ipv4.vs.expire_nodest_conn': '0' }), 'hint expire_nodest_conn');
  const large = daemon({ table: ok({ foreign: [], size: 100_000 }) });
  finds(large, 'warning run_estimation');
  finds({ ...large, kernel: [6, 2] }, 'hint run_estimation');
  const off = sysctls({ 'net.ipv4.vs.run_estimation': '0' });
  finds({ ...large, ...off });
  finds(off, 'hint run_estimation');
});

test('diagnoseDirector finds programs beside lbd, and a clock that replays depend on', () => {
  finds({ rivals: [{ name: 'keepalived', pid: 7 }], enabledUnits: ok(['keepalived']) }, 'error rival_runs');
  finds({ enabledUnits: ok(['keepalived']) }, 'warning rival_enabled');
  const signed = SITE().replace(
    'virtual_router_id: 51',
    `virtual_router_id: 51\n    auth_hmac: { active_key: 1, keys: { 1: ${'a'.repeat(32)} } }`,
  );
  finds({ config: config(signed), clock: ok(false) }, 'warning clock_unsynchronised');
  finds({ clock: ok(false) });
});

test('diagnoseDirector finds what XDP lacks where it is used, and then asks nothing of IPVS', () => {
  const planned = { config: config(`dataplane: xdp\n${SITE()}`), module: () => 'missing' as const };
  const noTable = daemon({ table: err('the kernel refuses the XDP program') });
  finds(planned);
  finds({ ...planned, ...noTable });
  finds({ ...planned, ...noTable, kernel: [5, 10] }, 'error xdp_kernel');
  const bpf = { hasTypes: false, hasFilesystem: false };
  finds({ ...planned, ...noTable, bpf }, 'error xdp_types', 'error xdp_filesystem');
  const either = { ...planned, config: config(`dataplane: auto\n${SITE()}`) };
  finds({ ...either, ...noTable, bpf }, 'error xdp_types', 'error xdp_filesystem');
  finds({ ...either, ...noTable, bpf, module: () => 'loaded' });
});

test('diagnoseDirector finds interfaces that XDP gets no whole frames from, or that take none of it', () => {
  const planned = { config: config(`dataplane: xdp\n${SITE()}`), module: () => 'missing' as const };
  const machine = (over: Partial<LinkState>, way = 'eth0'): Partial<DirectorFacts> => ({
    ...planned,
    links: new Map([
      ...(links({}).links ?? []),
      ['eth0', { ...LINK, addresses: [{ address: VIP, prefix: 24 }], ...over }],
      ['eth0.10', { ...LINK, kind: 'vlan', below: 'eth0' }],
      ['br0', { ...LINK, kind: 'bridge' }],
    ]),
    routes: ok(new Map([[ip('10.0.0.11'), { dev: way, gateway: null, source: null, isLocal: false }]])),
  });
  const offload = (is: boolean) => ({ vlanOffloads: new Map([['eth0', ok(is)]]) });
  finds({ ...machine({}), ...offload(false) });
  finds({ ...machine({}), ...offload(true) }, 'warning xdp_vlan_offload');
  finds({ ...machine({ kind: 'veth' }), ...offload(false) }, 'hint xdp_partial_checksums');
  finds({ ...machine({}, 'br0'), ...offload(false) }, 'warning xdp_way_out');
  finds({ ...machine({}, 'eth0.10'), ...offload(false) }, 'warning xdp_way_out');
  const both = {
    ...machine({}, 'br0'),
    config: config(`dataplane: xdp\nxdp: { interfaces: [eth0, br0] }\n${SITE()}`),
  };
  finds({ ...both, ...offload(false) });
  finds({
    ...machine({ kind: 'veth' }, 'br0'),
    ...offload(true),
    config: config(SITE()),
    module: () => 'loaded',
  });
});
