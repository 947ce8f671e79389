import assert from 'node:assert/strict';
import { test } from 'node:test';
import { XdpRates } from '../../../src/daemon/xdp-rates.ts';
import { NO_TRAFFIC, observedService } from '../../fakes/ipvs.ts';
import { ip } from './check-world.ts';

const web = observedService({
  key: { kind: 'address', protocol: 'tcp', address: ip('10.0.0.100'), port: 80 },
  attrs: { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false },
});

test('rates come near what there is, and go, as those of IPVS do', () => {
  const rates = new XdpRates();
  let conns = 0n;
  const after = (steps: number, perSecond: bigint) => {
    for (let step = 0; step < steps; step++) {
      conns += 2n * perSecond;
      const stats = { ...NO_TRAFFIC, conns, inPackets: 10n * conns, inBytes: 1000n * conns };
      rates.step([{ ...web, stats }]);
    }
    const { cps, inPps, inBps } = rates.rated({ ...web, stats: NO_TRAFFIC }).stats;
    return [cps, inPps, inBps];
  };
  assert.deepEqual(after(1, 100n), [0n, 0n, 0n]);
  // A quarter of the way with each step.
  assert.deepEqual(after(1, 100n), [25n, 250n, 25_000n]);
  assert.deepEqual(after(1, 100n), [44n, 437n, 43_750n]);
  assert.deepEqual(after(40, 100n), [100n, 1000n, 99_999n]);
  assert.deepEqual(after(60, 0n), [0n, 0n, 0n]);
});
