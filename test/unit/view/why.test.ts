import assert from 'node:assert/strict';
import { test } from 'node:test';
import { centis, millis, wallTime } from '../../../src/base/units.ts';
import type { CheckStatus, InstanceStatus, ServerStatus, ServiceStatus } from '../../../src/model/status.ts';
import { showVrrpCounters, showVrrpCountersJson } from '../../../src/view/vrrp-counters.ts';
import { showWhy } from '../../../src/view/why.ts';
import { showWhyJson } from '../../../src/view/why-json.ts';
import { findServers, showWhyServer } from '../../../src/view/why-server.ts';
import { JournalRing } from '../../../src/vrrp/journal.ts';
import { PLAIN_STATUS } from '../../support/services.ts';
import { vrrpStatus } from '../daemon/core-fakes.ts';
import { at, backup, heard, ip, refused, takeOver } from './journals.ts';

function instance(state: InstanceStatus['state']): InstanceStatus {
  const [one] = vrrpStatus(['VI_1', state]).instances;
  assert.ok(one);
  return one;
}

function failover(): JournalRing {
  const ring = backup(9);
  for (const when of [9, 10, 11]) ring.note(refused('auth'), ...at(when));
  takeOver(ring, 11.61, 'no advert from 10.0.0.2 for 3.610 s (limit 3.609 s)');
  ring.note({ kind: 'sent', priority: 100 }, ...at(11.61));
  return ring;
}

test('showWhy tells the last change with its limit, cause and evidence, then what came since and before', () => {
  const journal = failover().show(...at(191.7));
  assert.deepEqual(showWhy({ instance: instance('MASTER'), journal, former: [] }), [
    'VI_1 is MASTER since 2026-11-21 14:02:11.610Z (3m 0s): BACKUP → MASTER: no advert from 10.0.0.2 for 3.610 s (limit 3.609 s = 3 × 1 s + skew 0.609 s)',
    'Likely cause:',
    '  3 adverts were refused from 10.0.0.2: auth',
    '    - the password differs: compare auth_pass (only the first 8 characters count)',
    'Evidence:',
    '  2026-11-21 14:02:08.000Z  heard 10.0.0.2, priority 150; 9 times since 2026-11-21 14:02:00.000Z, 1.000 s apart',
    '  2026-11-21 14:02:08.000Z  waits for the next advert for 3 × 1 s + skew 0.609 s; 9 times since 2026-11-21 14:02:00.000Z, 1.000 s apart',
    '  2026-11-21 14:02:11.000Z  refused an advert from 10.0.0.2: auth; 3 times since 2026-11-21 14:02:09.000Z, 1.000 s apart',
    'Since then:',
    '  2026-11-21 14:02:11.610Z  sent an advert, priority 100',
    'Earlier:',
    '  2026-11-21 14:01:59.000Z  INIT → BACKUP: startup',
  ]);
});

test('showWhy tells a backup what is wrong with the adverts that it refuses now', () => {
  const ring = backup(2);
  ring.note(refused('interval', 'every 5 s', ip('10.0.0.3')), ...at(2));
  const text = showWhy({ instance: instance('BACKUP'), journal: ring.show(...at(3)), former: [] }).join('\n');
  assert.match(
    text,
    /Adverts are refused:\n {2}1 advert was refused from 10\.0\.0\.3: interval \(every 5 s\)\n/,
  );
});

test('showWhy tells first of a takeover that is withheld now, and of adverts that do not leave', () => {
  const withheld =
    'lb01 lives and serves, as it says on the path to 10.9.0.1: only its adverts do not arrive';
  const waiting = {
    instance: { ...instance('BACKUP'), withheld },
    journal: backup(2).show(...at(9)),
    former: [],
  };
  assert.equal(showWhy(waiting)[0], `VI_1 does not take over now: ${withheld}`);
  assert.equal(JSON.parse(showWhyJson('VI_1', [waiting])).instances[0].withheld, withheld);
  const blocked = { ...instance('MASTER'), unsent: 'Operation not permitted' };
  const explained = { instance: blocked, journal: failover().show(...at(12)), former: [] };
  assert.deepEqual(showWhy(explained).slice(0, 3), [
    'Now:',
    '  our own adverts do not leave: Operation not permitted',
    '    - a firewall on this machine (OUTPUT)? nft list ruleset, iptables-save',
  ]);
  assert.equal(JSON.parse(showWhyJson('VI_1', [explained])).instances[0].unsent[0].code, 'unsent');
});

test('showWhy says what the limit of a takeover is made of that was withheld after it', () => {
  const ring = backup(2);
  takeOver(
    ring,
    12.7,
    'no advert from 10.0.0.2 for 11.709 s (limit 3.609 s, then withheld for 8.100 s: cut off)',
  );
  assert.match(
    showWhy({ instance: instance('MASTER'), journal: ring.show(...at(13)), former: [] })[0] ?? '',
    /\(limit 3\.609 s = 3 × 1 s \+ skew 0\.609 s, then withheld for 8\.100 s: cut off\)$/,
  );
});

test('showWhy counts ages by the monotonic clock when the wall clock was set', () => {
  const [now] = at(191.7);
  const journal = failover().show(now, wallTime(Date.parse('2026-11-21T09:00:00Z')));
  assert.match(
    showWhy({ instance: instance('MASTER'), journal, former: [] })[0] ?? '',
    /14:02:11\.610Z \(3m 0s\)/,
  );
});

test('showWhy says of an instance without decisions what its status says', () => {
  const journal = new JournalRing().show(...at(0));
  const [line, ...others] = showWhy({ instance: instance('INIT'), journal, former: [] });
  assert.match(line ?? '', /^VI_1 is INIT since .*: no advert from a master for 3\.609 s$/);
  assert.deepEqual(others, []);
});

test('showWhy goes on with what a vrrp process that is gone had decided, and why', () => {
  const ring = new JournalRing();
  const resumed = {
    from: 'INIT',
    to: 'MASTER',
    because: 'goes on as the master that it was',
    priority: 100,
  } as const;
  ring.decide(resumed, ...at(20));
  const [, until] = at(19.9);
  const former = [{ until, decisions: failover().show(...at(19)).decisions }];
  const explained = { instance: instance('MASTER'), journal: ring.show(...at(21)), former };
  assert.deepEqual(showWhy(explained), [
    'VI_1 is MASTER since 2026-11-21 14:02:20.000Z (1s): INIT → MASTER: goes on as the master that it was',
    'vrrp process restarted 2026-11-21 14:02:19.900Z; before that:',
    '  2026-11-21 14:02:11.610Z  BACKUP → MASTER: no advert from 10.0.0.2 for 3.610 s (limit 3.609 s = 3 × 1 s + skew 0.609 s)',
    '    2026-11-21 14:02:08.000Z  heard 10.0.0.2, priority 150; 9 times since 2026-11-21 14:02:00.000Z, 1.000 s apart',
    '    2026-11-21 14:02:08.000Z  waits for the next advert for 3 × 1 s + skew 0.609 s; 9 times since 2026-11-21 14:02:00.000Z, 1.000 s apart',
    '    2026-11-21 14:02:11.000Z  refused an advert from 10.0.0.2: auth; 3 times since 2026-11-21 14:02:09.000Z, 1.000 s apart',
    '  2026-11-21 14:01:59.000Z  INIT → BACKUP: startup',
  ]);
  const [one] = JSON.parse(showWhyJson('VI_1', [explained])).instances;
  assert.deepEqual(
    one.former.map((gone: typeof one) => [
      gone.until,
      gone.decisions.length,
      gone.decisions[1].causes[0].code,
    ]),
    [['2026-11-21T14:02:19.900Z', 2, 'refused_auth']],
  );
});

test('showWhyJson has every decision with its causes, and durations apart from moments', () => {
  const journal = failover().show(...at(12));
  const [one] = JSON.parse(
    showWhyJson('VI_1', [{ instance: instance('MASTER'), journal, former: [] }]),
  ).instances;
  const [, takeover] = one.decisions;
  assert.deepEqual(
    [takeover.at, takeover.ago_us, takeover.causes[0].code],
    ['2026-11-21T14:02:11.610Z', 390_000, 'refused_auth'],
  );
  const [advert, deadline] = takeover.evidence;
  assert.deepEqual(
    [advert.kind, advert.count, advert.least_gap_us, advert.interval_cs],
    ['heard', 9, 1_000_000, 100],
  );
  assert.deepEqual([deadline.until, deadline.made.skew_us], ['2026-11-21T14:02:11.609Z', 609_375]);
});

test('showVrrpCounters names counters after RFC 6527 and warns where a peer differs', () => {
  const vrrp = vrrpStatus(['VI_1', 'MASTER']);
  const ring = failover();
  ring.note(refused('version', 'version 3'), ...at(11.9));
  ring.note(heard(90, { addressListDiffers: true, intervalDiffers: true, interval: centis(500) }), ...at(12));
  const counted = vrrp.instances.map((one) => ({ instance: one, journal: ring.show(...at(13)) }));
  const text = showVrrpCounters(counted, vrrp);
  assert.match(
    text,
    /^VI_1 \(eth0, 51, inet, version 2\): MASTER since .*, priority 100, an advert every 1 s$/m,
  );
  assert.match(text, /^ {2}Master Transitions +1$/m);
  assert.match(text, /^ {2}New Master Reason +masterNoResponse$/m);
  assert.match(text, /^ {2}Protocol Error Reason +versionError$/m);
  assert.deepEqual(
    text.split('\n').filter((line) => line.includes('warning')),
    [
      '  warning: 10.0.0.2: version: the other side speaks another version of VRRP: set the same version on both sides',
      '  warning: 10.0.0.2 advertises another list of addresses than ours',
      '  warning: 10.0.0.2 advertises every 5 s, unlike us',
    ],
  );
  const json = JSON.parse(showVrrpCountersJson(counted, vrrp));
  assert.equal(json.instances[0].statistics.vrrpv3StatisticsMasterTransitions, 1);
  const [gone] = JSON.parse(
    showVrrpCountersJson([{ instance: instance('MASTER'), journal: null }], vrrp),
  ).instances;
  assert.deepEqual(
    [gone.statistics.vrrpv3StatisticsNewMasterReason, gone.statistics.vrrpv3StatisticsProtoErrReason],
    [null, null],
  );
});

test('showWhyServer tells the last check of every service that an address serves', () => {
  const now = at(60)[1];
  const server = (port: number) => ({
    key: { address: ip('10.0.1.1'), port },
    forward: 'dr' as const,
    configuredWeight: 1,
    effectiveWeight: 4,
    health: 'down' as const,
    since: at(0)[1],
    lastCheck: {
      at: at(58)[1],
      verdict: 'fail' as const,
      latency: millis(3000),
      result: 'timeout',
      detail: 'no answer',
      code: null,
      layer: null,
    },
    checks: [
      {
        type: 'tcp' as const,
        of: '10.0.1.1:443',
        health: 'down' as const,
        ...{ failures: 0, retry: 1, successes: 0, rise: 1, nextAt: null },
        last: {
          at: at(58)[1],
          verdict: 'fail' as const,
          latency: millis(3000),
          result: 'timeout',
          detail: 'no answer',
          code: null,
          layer: null,
        },
      },
      {
        ...{ type: 'file' as const, of: 'load', health: 'up' as const, last: null },
        ...{ failures: 0, retry: 0, successes: 0, rise: 1, nextAt: null },
      },
    ],
    draining: null,
    order: null,
    slowStart: null,
    byHand: null,
  });
  const status: CheckStatus = {
    table: { available: false, reason: 'none' },
    services: [80, 443].map((port) => ({
      name: `web${port}`,
      key: { kind: 'address', protocol: 'tcp', address: ip('10.0.0.100'), port },
      servers: [server(port)],
      ...PLAIN_STATUS,
    })),
  };
  assert.equal(findServers(status, ip('10.0.1.1'), null).length, 2);
  assert.deepEqual(showWhyServer(findServers(status, ip('10.0.1.1'), 443), now), [
    '10.0.1.1:443 of web443 (tcp 10.0.0.100:443) is down since 2026-11-21 14:02:00.000Z (1m 0s)',
    '  check by tcp of 10.0.1.1:443 is down: timeout after 3000 ms, 2s ago (no answer)',
    '  check by file of load is up: it has not been made yet',
    '  its checks make its weight 4 in place of 1',
  ]);
  assert.deepEqual(findServers(status, ip('10.0.1.9'), null), []);
  const [service] = status.services;
  assert.ok(service !== undefined);
  const lost = {
    ...service,
    quorum: { has: false, since: now, live: 1, quorum: 2, hysteresis: 1 },
    sorryServer: { key: { address: ip('10.0.1.9'), port: 80 }, forward: 'dr' as const, serves: true },
    suspended: true,
  };
  const found = findServers({ ...status, services: [lost] }, ip('10.0.1.1'), null);
  assert.deepEqual(showWhyServer(found, now).slice(-3), [
    '  its service has no quorum: the servers that are up weigh 1, and 3 is needed',
    '  sorry server 10.0.1.9:80 serves in its place',
    '  it is not checked: the address of its service is not on this machine',
  ]);
});

test('showWhyServer tells what an operator has ordered, since when, and what ends that', () => {
  const [since, now] = [at(0)[1], at(60)[1]];
  const key = { address: ip('10.0.1.1'), port: 80 };
  const lines = (over: Partial<ServerStatus>): string[] => {
    const server: ServerStatus = {
      ...{ key, forward: 'dr', configuredWeight: 2, effectiveWeight: 2, health: 'up', since },
      ...{ lastCheck: null, checks: [], draining: null, order: null, slowStart: null, byHand: null },
      ...over,
    };
    const service: ServiceStatus = {
      ...{ name: 'web', key: { kind: 'address', protocol: 'tcp', address: ip('10.0.0.100'), port: 80 } },
      ...{ servers: [server], ...PLAIN_STATUS },
    };
    return showWhyServer([{ service, server }], now).slice(1);
  };
  const moment = 'since 2026-11-21 14:02:00.000Z (1m 0s)';
  const ready = 'lbctl ready 10.0.1.1:80@web ends that';
  assert.deepEqual(lines({ order: { kind: 'maint', since, ended: null } }), [
    `  an operator has it out of the table ${moment}, whatever its health; ${ready}`,
  ]);
  const weight = { count: 7, isPercent: false };
  assert.deepEqual(lines({ order: { kind: 'weight', since, weight, ended: null }, effectiveWeight: 7 }), [
    `  an operator has its weight at 7 in place of 2 ${moment}; ${ready}`,
  ]);
  const ended = { how: 'timeout', cut: 3, at: at(30)[1] } as const;
  assert.deepEqual(lines({ order: { kind: 'drain', since, limit: millis(30_000), ended } }), [
    `  an operator has it drained ${moment}; it was taken out of the table after 30s: 3 active connections ended with it; ${ready}`,
  ]);
  const slowStart = { since, until: at(70)[1], full: 4 };
  assert.deepEqual(lines({ slowStart, effectiveWeight: 3 }), [
    '  its weight rises since it came back: 3 of 4, which it has in 10s',
    '  its checks make its weight 4 in place of 2',
  ]);
});
