import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err } from '../../../src/base/result.ts';
import { wallTime } from '../../../src/base/units.ts';
import { createCoreVerdicts } from '../../../src/daemon/core-verdicts.ts';
import type { CheckStatus } from '../../../src/model/status.ts';
import { PLAIN_STATUS } from '../../support/services.ts';
import { EMPTY_CHECK, FakeVerdicts, ip, web } from './core-fakes.ts';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

const shown = (...ports: number[]): CheckStatus => ({
  ...EMPTY_CHECK,
  services: [
    {
      name: 'web',
      key: web(80),
      ...PLAIN_STATUS,
      servers: ports.map((port) => ({
        ...{ key: { address: ip('10.0.0.1'), port }, forward: 'dr' as const, health: 'down' as const },
        ...{ configuredWeight: 1, effectiveWeight: 1, since: wallTime(0), lastCheck: null, checks: [] },
        ...{ draining: null, order: null, slowStart: null, byHand: null },
      })),
    },
  ],
});

test('createCoreVerdicts says once why verdicts cannot be kept, and saves them when they can', async () => {
  const state = new FakeVerdicts(err({ level: 'warn', because: 'no such place' }));
  const said: string[] = [];
  let elsewhere: string | null = 'no such place';
  const verdicts = createCoreVerdicts(
    (_level, _event, message) => said.push(message),
    state,
    () => elsewhere,
  );
  verdicts.start();
  assert.deepEqual(said, [], 'it has been said of roles');
  assert.deepEqual(verdicts.known(), { down: {}, quorum: {} });
  elsewhere = null;
  state.problem = 'the disk is full';
  for (const port of [80, 81]) {
    verdicts.hear(shown(port));
    await settle();
  }
  assert.deepEqual(said, ['verdicts on servers do not outlive this lbd: the disk is full']);
  state.problem = null;
  verdicts.hear(shown(81));
  await settle();
  verdicts.hear(shown(81));
  await verdicts.stop();
  assert.deepEqual(state.saves, [{ down: { 'tcp 172.25.1.100:80': ['10.0.0.1:81'] } }]);
});
