import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSupervisor, restartDelay } from '../../../src/daemon/supervisor.ts';
import { FakeChild, FakeClock, FakeLog } from './core-fakes.ts';

test('restartDelay grows from nothing to five seconds', () => {
  assert.deepEqual([0, 1, 2, 3, 6, 7, 8, 1000].map(restartDelay), [0, 100, 200, 400, 3200, 5000, 5000, 5000]);
});

test('a supervisor restarts at once again a process that lived for ten seconds', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const clock = new FakeClock();
  const children: FakeChild<number, string>[] = [];
  const supervisor = createSupervisor<number, string>('check', () => 1, {
    clock,
    log: new FakeLog(),
    applied: () => undefined,
    notice: () => undefined,
    fork: () => {
      const child = new FakeChild<number, string>(children.length);
      children.push(child);
      return child;
    },
  });
  supervisor.start();
  const liveThenDie = (ms: number) => {
    clock.millis += ms;
    children.at(-1)?.exit(1, null);
  };
  const delays: number[] = [];
  for (const life of [50, 50, 50, 10_000, 50]) {
    liveThenDie(life);
    const before = children.length;
    let waited = 0;
    t.mock.timers.tick(0);
    for (; children.length === before; waited += 100) t.mock.timers.tick(100);
    delays.push(waited);
  }
  assert.deepEqual(delays, [0, 100, 200, 0, 100]);
  assert.equal(supervisor.shown().restarts, 5);
});

test('a supervisor kills a process that lives on without its channel', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const child = new FakeChild<number, string>(1);
  const supervisor = createSupervisor<number, string>('check', () => 1, {
    clock: new FakeClock(),
    log: new FakeLog(),
    applied: () => undefined,
    notice: () => undefined,
    fork: () => child,
  });
  supervisor.start();
  child.disconnect();
  t.mock.timers.tick(2999);
  assert.deepEqual(child.signals, []);
  t.mock.timers.tick(1);
  assert.deepEqual(child.signals, ['SIGKILL']);
});
