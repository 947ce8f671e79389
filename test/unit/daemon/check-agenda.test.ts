import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant, wallTime } from '../../../src/base/units.ts';
import { CheckAgenda, type Dated } from '../../../src/daemon/check-agenda.ts';

interface Item extends Dated {
  readonly name: number;
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** An agenda with one timer, which may be too early by what the clock is behind it. */
class AgendaWorld {
  now = 0;
  timer: Timer | null = null;
  readonly done: number[] = [];
  readonly agenda = new CheckAgenda<Item>(
    {
      clock: { now: () => instant(this.now), wall: () => wallTime(0) },
      after: (delay, run) => {
        assert.equal(this.timer, null, 'there is one timer');
        const timer = { at: this.now + delay * 1000, run };
        this.timer = timer;
        return () => {
          if (this.timer === timer) this.timer = null;
        };
      },
    },
    ({ name }) => this.done.push(name),
  );

  /** Has the timer end at a time of its own; gives when it ends next. */
  fireAt(now: number): number | undefined {
    const ended = this.timer;
    this.timer = null;
    this.now = now;
    ended?.run();
    return this.timer === null ? undefined : (this.timer as Timer).at;
  }

  run(until: number): void {
    while (this.timer !== null && this.timer.at <= until) {
      const { at, run } = this.timer;
      this.timer = null;
      this.now = at;
      run();
    }
    this.now = until;
  }
}

const item = (name: number, dueAt: number): Item => ({ name, dueAt: instant(dueAt), place: 0, number: 0 });

test('CheckAgenda does what is on it when it is due, and of what is due together the earlier added first', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.boolean())), fc.nat(20), (all, until) => {
      const world = new AgendaWorld();
      const items = all.map(([second], name) => item(name, second * 1e6));
      for (const one of items) world.agenda.add(one);
      for (const [name, one] of items.entries()) if (all[name]?.[1] === true) world.agenda.remove(one);
      const left = items.filter((_, name) => all[name]?.[1] === false);
      const due = left
        .filter(({ dueAt }) => dueAt <= until * 1e6)
        .sort((a, b) => a.dueAt - b.dueAt || a.name - b.name);
      world.run(until * 1e6);
      assert.deepEqual(
        world.done,
        due.map(({ name }) => name),
      );
      assert.equal(world.timer === null, due.length === left.length);
    }),
  );
});

test('CheckAgenda sets its timer anew for what is due sooner, and waits on where that comes too early', () => {
  const world = new AgendaWorld();
  world.agenda.add(item(1, 5e6));
  world.agenda.add(item(2, 1e6));
  assert.equal(world.fireAt(999_400), 1_000_400);
  assert.deepEqual(world.done, []);
  world.run(9e6);
  assert.deepEqual(world.done, [2, 1]);
  const again = item(3, 10e6);
  world.agenda.add(again);
  world.agenda.remove(again);
  world.agenda.remove(again);
  assert.equal(world.timer, null);
});
