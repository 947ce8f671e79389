import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { ok } from '../../../src/base/result.ts';
import { instant, wallTime } from '../../../src/base/units.ts';
import { VrrpSender } from '../../../src/daemon/vrrp-sender.ts';
import { VrrpSigning } from '../../../src/daemon/vrrp-signing.ts';
import { readAdvert } from '../../../src/vrrp/accept.ts';
import { instanceConfig } from '../../support/instances.ts';

test('VrrpSender.advertise sends what holds now, whatever it sent before', () => {
  const sent: string[] = [];
  const sender = new VrrpSender(
    { now: () => instant(0), wall: () => wallTime(0) },
    new VrrpSigning(assert.fail),
    (_, datagram) => {
      const read = readAdvert(datagram);
      assert.ok(read.ok);
      sent.push(`${read.value.advert.vrid} ${read.value.advert.priority} from ${datagram.source}`);
      return ok(undefined);
    },
  );
  const [one, another] = [instanceConfig({ vrid: 1 }), instanceConfig({ vrid: 2 })];
  sender.advertise(one, '10.0.0.1' as Ip, 100);
  sender.advertise(one, '10.0.0.1' as Ip, 100);
  sender.advertise(one, '10.0.0.1' as Ip, 0);
  sender.advertise(one, '10.0.0.9' as Ip, 0);
  sender.advertise(another, '10.0.0.9' as Ip, 0);
  assert.deepEqual(sent, [
    '1 100 from 10.0.0.1',
    '1 100 from 10.0.0.1',
    '1 0 from 10.0.0.1',
    '1 0 from 10.0.0.9',
    '2 0 from 10.0.0.9',
  ]);
});
