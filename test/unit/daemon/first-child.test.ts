import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { firstChild } from '../../../src/daemon/first-child.ts';

// It says something at once, and waits until its parent lets go of it.
const WAITS = ['--eval', "process.on('message', () => undefined); process.send('early');"];
const start = () => fork('-', { execArgv: WAITS, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });

test('firstChild gives a process away once, with what it has said meanwhile', async () => {
  const child = start();
  const first = firstChild(child);
  const taken = first.take();
  assert.equal(taken, child);
  assert.equal(first.take(), null);
  const [said] = await once(child, 'message');
  assert.equal(said, 'early');
  child.disconnect();
  await once(child, 'exit');
});

test('firstChild has nothing to give of a process that is gone, and ends one that is dropped', async () => {
  const gone = start();
  const first = firstChild(gone);
  gone.kill('SIGKILL');
  await once(gone, 'exit');
  assert.equal(first.take(), null);
  const dropped = start();
  const exited = once(dropped, 'exit');
  firstChild(dropped).drop();
  assert.deepEqual(await exited, [null, 'SIGKILL']);
  assert.equal(firstChild(null).take(), null);
});
