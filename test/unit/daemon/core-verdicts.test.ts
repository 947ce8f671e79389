import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err } from '../../../src/base/result.ts';
import { createCoreVerdicts } from '../../../src/daemon/core-verdicts.ts';
import type { Verdicts } from '../../../src/model/verdicts.ts';
import { FakeVerdicts } from './core-fakes.ts';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

const downAt = (port: number): Verdicts => ({
  down: { 'tcp 172.25.1.100:80': [`10.0.0.1:${port}`] },
  quorum: { 'tcp 172.25.1.100:80': true },
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
    verdicts.hear(downAt(port));
    await settle();
  }
  assert.deepEqual(said, ['verdicts on servers do not outlive this lbd: the disk is full']);
  state.problem = null;
  verdicts.hear(downAt(81));
  await settle();
  verdicts.hear(downAt(81));
  await verdicts.stop();
  assert.deepEqual(state.saves, [{ down: { 'tcp 172.25.1.100:80': ['10.0.0.1:81'] } }]);
});
