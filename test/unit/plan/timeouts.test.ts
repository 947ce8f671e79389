import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_TIMEOUTS } from '../../../src/model/ipvs-settings.ts';
import { planTimeouts, restoredTimeouts } from '../../../src/plan/timeouts.ts';

const OBSERVED = { tcp: 7200, tcpFin: 120, udp: 300 };

test('planTimeouts sets what differs, and nothing where all is as wanted', () => {
  const wanted = { tcp: 900, tcpFin: null, udp: 300 };
  assert.deepEqual(planTimeouts(OBSERVED, wanted), { tcp: 900, tcpFin: null, udp: null });
  assert.equal(planTimeouts({ ...OBSERVED, tcp: 900 }, wanted), null);
  assert.equal(planTimeouts(OBSERVED, NO_TIMEOUTS), null);
});

test('restoredTimeouts puts back what there was when nothing is asked for any more', () => {
  const asked = { tcp: 900, tcpFin: null, udp: 60 };
  const first = restoredTimeouts(asked, NO_TIMEOUTS, OBSERVED);
  assert.deepEqual(first, { wanted: asked, former: { tcp: 7200, tcpFin: null, udp: 300 } });
  const set = { tcp: 900, tcpFin: 120, udp: 60 };
  const less = restoredTimeouts({ ...asked, udp: null }, first.former, set);
  assert.deepEqual(less, {
    wanted: { tcp: 900, tcpFin: null, udp: 300 },
    former: { tcp: 7200, tcpFin: null, udp: null },
  });
});

test('restoredTimeouts takes what a former process set for no choice of the machine', () => {
  const asked = { tcp: 7200, tcpFin: null, udp: null };
  assert.deepEqual(restoredTimeouts(asked, NO_TIMEOUTS, OBSERVED).former, {
    tcp: 900,
    tcpFin: null,
    udp: null,
  });
});
