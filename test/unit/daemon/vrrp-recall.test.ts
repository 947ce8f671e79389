import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { instant, wallTime } from '../../../src/base/units.ts';
import { newCounters } from '../../../src/daemon/vrrp-counters.ts';
import { VrrpHearing } from '../../../src/daemon/vrrp-hearing.ts';
import { VrrpRecall } from '../../../src/daemon/vrrp-recall.ts';
import type { VrrpReports } from '../../../src/daemon/vrrp-reports.ts';
import { VrrpSigning } from '../../../src/daemon/vrrp-signing.ts';
import { encodeAdvertPayload } from '../../../src/vrrp/advert.ts';
import type { Datagram } from '../../../src/wire/datagram.ts';
import { VRRP_GROUP4, VRRP_TTL } from '../../../src/wire/vrrp.ts';
import { instanceConfig } from '../../support/instances.ts';

const config = instanceConfig({ version: 2, vrid: 7, authentication: { type: 'pass', password: 'one' } });
const [source, local] = ['10.0.0.2' as Ip, '10.0.0.1' as Ip];

function datagram(priority: number, from: Ip = source): Datagram {
  const about = { source: from, destination: VRRP_GROUP4, priority, sequence: null };
  return {
    source: from,
    destination: VRRP_GROUP4,
    ttl: VRRP_TTL,
    payload: encodeAdvertPayload(config, about),
  };
}

test('VrrpRecall.read reads again whatever differs in anything', () => {
  const recall = new VrrpRecall();
  const first = recall.read(datagram(150));
  assert.ok(first.ok);
  assert.equal(recall.read(datagram(150)), first);
  const another = recall.read(datagram(0));
  assert.equal(another.ok && another.value.advert.priority, 0);
  const far = recall.read({ ...datagram(0), ttl: 254 });
  assert.equal(far.ok && far.value.ttl, 254);
  const elsewhere = recall.read(datagram(0, '10.0.0.9' as Ip));
  assert.equal(elsewhere.ok && elsewhere.value.source, '10.0.0.9');
  const unicast = recall.read({ ...datagram(0), destination: local });
  assert.equal(unicast.ok && unicast.value.destination, local);
  const cut = recall.read({ ...datagram(0), payload: datagram(0).payload.subarray(0, 6) });
  assert.ok(!cut.ok && cut.error.vrid === 7);
});

test('VrrpHearing.hear judges the same advert again under other settings, and counts each', () => {
  const counters = newCounters();
  const journal = { heard: () => undefined, refused: () => undefined };
  const reports = { journal, complain: () => undefined } as unknown as VrrpReports;
  const clock = { now: () => instant(0), wall: () => wallTime(0) };
  const hearing = new VrrpHearing(clock, new VrrpSigning(assert.fail), counters, reports);
  const read = new VrrpRecall().read(datagram(150));
  assert.ok(read.ok);
  const hear = (under: typeof config, address: Ip) =>
    hearing.hear(under, address, read.value)?.priority ?? null;
  assert.deepEqual([hear(config, local), hear(config, local)], [150, 150]);
  assert.equal(hear({ ...config, authentication: { type: 'pass', password: 'two' } }, local), null);
  assert.equal(hear(config, source), null);
  assert.equal(hear(config, local), 150);
  const { advertsReceived, refused } = counters;
  assert.deepEqual([advertsReceived, refused.auth, refused.self], [3, 1, 1]);
});
