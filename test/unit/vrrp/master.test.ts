import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepVrrp } from '../../../src/vrrp/fsm.ts';
import type { VrrpEvent } from '../../../src/vrrp/state.ts';
import { advert, at, DOWN, GARP, machine, play, ripe, startup, words } from './machine.ts';

const config = machine({ garp: { ...GARP, delay: machine().preemptDelay } });

test('stepVrrp() as master contradicts another machine after a grace, and at most every 10 s', () => {
  const claimed: VrrpEvent = { on: 'claimed', by: '02:00:00:00:00:09' };
  let { state } = play(config, startup, ripe);
  const defended: number[] = [];
  for (let s = 10; s < 40; s += 0.05) {
    for (const event of [claimed, { on: 'tick' }] as const) {
      const step = stepVrrp(config, state, event, at(s));
      state = step.state;
      if (words(step.effects).includes('defend')) defended.push(Math.round(s * 20) / 20);
    }
  }
  assert.deepEqual(defended, [10.1, 20.1, 30.1]);
});

test('stepVrrp() as master does not contradict one that it yields to within the grace', () => {
  const yielded = play(
    config,
    startup,
    ripe,
    [at(5), { on: 'claimed', by: 'x' }],
    [at(5.01), advert('10.0.0.1', 200)],
  );
  assert.deepEqual(stepVrrp(config, yielded.state, { on: 'tick' }, at(6)).effects, []);
});

test('stepVrrp() as master answers resignations, but floods for nobody', () => {
  let { state } = play(config, startup, ripe);
  let adverts = 0;
  for (let i = 0; i < 1000; i++) {
    const step = stepVrrp(config, state, advert('10.0.0.1', 0), at(DOWN + 0.5 + i / 1000));
    state = step.state;
    adverts += step.effects.length;
  }
  assert.equal(adverts, 3);
});
