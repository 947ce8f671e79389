import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Instant, instant, later, seconds } from '../../../src/base/units.ts';
import {
  type MachineConfig,
  nextDeadline,
  stepVrrp,
  type VrrpEvent,
  type VrrpState,
} from '../../../src/vrrp/fsm.ts';
import { instanceConfig, ip } from '../../support/instances.ts';

const T0 = instant(1_000_000_000);
const at = (s: number): Instant => later(T0, seconds(s));

function machine(over: Partial<MachineConfig> = {}): MachineConfig {
  return { ...instanceConfig(), localAddress: ip('10.0.0.2'), ...over };
}

const advert = (source: string, priority: number): VrrpEvent => ({
  on: 'advert',
  advert: { source: ip(source), priority, addressListDiffers: false },
});

/** Steps through events and gives the last state with the effects of the last step, as short words. */
function play(config: MachineConfig, ...script: readonly (readonly [Instant, VrrpEvent])[]) {
  let state: VrrpState = { at: 'init' };
  let effects: readonly string[] = [];
  let because = '';
  for (const [now, event] of script) {
    const step = stepVrrp(config, state, event, now);
    state = step.state;
    effects = step.effects.map((effect) => {
      if (effect.effect === 'advertise') return `advertise ${effect.priority}`;
      if (effect.effect === 'announce') return `announce ${effect.rounds}`;
      if (effect.effect === 'report') because = effect.because;
      return effect.effect;
    });
  }
  return { state, effects, because, deadline: nextDeadline(state) };
}

const startup = [at(0), { on: 'startup' }] as const;
const MASTER = ['advertise 100', 'addAddresses', 'announce 5', 'report'];
/** 3 × 1 s + (256 − 100)/256 s */
const DOWN = 3.609375;
const ripe = [at(DOWN), { on: 'tick' }] as const;

test('stepVrrp() becomes master after 3 intervals and the skew of its priority, not a microsecond before', () => {
  const config = machine();
  assert.deepEqual(play(config, startup).deadline, at(DOWN));
  assert.deepEqual(play(config, startup).effects, ['removeAddresses', 'report'], 'leftovers are taken off');
  const early = play(config, startup, [(at(DOWN) - 1) as Instant, { on: 'tick' }]);
  assert.deepEqual([early.state.at, early.effects], ['backup', []]);
  const due = play(config, startup, ripe);
  assert.deepEqual([due.state.at, due.effects], ['master', MASTER]);
  assert.equal(due.because, 'no advert from anyone for 3.609 s (limit 3.609 s)');
  assert.equal(due.deadline, at(DOWN + 1));
});

test('stepVrrp() does not scale the skew by the interval in version 2', () => {
  const config = machine({ advertInterval: instanceConfig().advertInterval, priority: 1 });
  assert.equal(play(config, startup).deadline, later(at(3), seconds(255 / 256)));
});

test('stepVrrp() starts the owner as master', () => {
  const { state, effects } = play(machine({ priority: 255 }), startup);
  assert.deepEqual([state.at, effects[0]], ['master', 'advertise 255']);
});

test('stepVrrp() as backup re-arms on an equal or higher priority and lets a lower one run out', () => {
  const config = machine();
  assert.equal(play(config, startup, [at(1), advert('10.0.0.1', 100)]).deadline, at(1 + DOWN));
  assert.equal(play(config, startup, [at(1), advert('10.0.0.1', 200)]).deadline, at(1 + DOWN));
  assert.equal(play(config, startup, [at(1), advert('10.0.0.1', 99)]).deadline, at(DOWN));
  const preempted = play(config, startup, [at(1), advert('10.0.0.1', 99)], ripe);
  assert.equal(preempted.because, '10.0.0.1 advertises a lower priority (99, ours 100)');
});

test('stepVrrp() as backup accepts any priority when it may not preempt', () => {
  const config = machine({ preempt: false });
  assert.equal(play(config, startup, [at(1), advert('10.0.0.1', 1)]).deadline, at(1 + DOWN));
});

test('stepVrrp() as backup waits only its skew after a resignation', () => {
  const resigned = play(machine(), startup, [at(1), advert('10.0.0.1', 0)]);
  assert.equal(resigned.deadline, at(1 + 0.609375));
});

// RFC 3768 §6.4.3: rows are what a master hears, columns what becomes of it.
const RIVALS: readonly (readonly [string, number, 'master' | 'backup', readonly string[]])[] = [
  ['10.0.0.1', 200, 'backup', ['removeAddresses', 'report']],
  ['10.0.0.3', 100, 'backup', ['removeAddresses', 'report']],
  ['10.0.0.1', 100, 'master', ['advertise 100']],
  ['10.0.0.3', 99, 'master', ['advertise 100']],
  ['10.0.0.3', 0, 'master', ['advertise 100']],
];
for (const [source, priority, becomes, effects] of RIVALS) {
  test(`stepVrrp() as master 100 at 10.0.0.2 is ${becomes} after ${priority} from ${source}`, () => {
    const heard = play(machine(), startup, ripe, [at(DOWN + 0.5), advert(source, priority)]);
    assert.deepEqual([heard.state.at, heard.effects], [becomes, effects]);
  });
}

test('stepVrrp() compares addresses as numbers: 10.0.0.10 is higher than 10.0.0.9', () => {
  const config = machine({ localAddress: ip('10.0.0.9') });
  const heard = play(config, startup, ripe, [at(4), advert('10.0.0.10', 100)]);
  assert.equal(heard.state.at, 'backup');
});

test('stepVrrp() as winner of a double mastership announces again, but floods for nobody', () => {
  const config = machine();
  const first = play(config, startup, ripe, [at(20), { on: 'tick' }], [at(20.5), advert('10.0.0.1', 50)]);
  assert.deepEqual(first.effects, ['advertise 100']);
  let state = first.state;
  const counts = { advertise: 0, announce: 0 };
  for (let i = 0; i < 1000; i++) {
    const step = stepVrrp(config, state, advert('10.0.0.1', 50), at(30 + i / 1000));
    state = step.state;
    for (const { effect } of step.effects)
      if (effect === 'advertise' || effect === 'announce') counts[effect]++;
  }
  assert.deepEqual(counts, { advertise: 3, announce: 1 });
});

test('stepVrrp() as master announces a second burst after the delay, then refreshes', () => {
  const garp = { delay: seconds(5), repeat: 5, refresh: seconds(60), refreshRepeat: 2 };
  const config = machine({ garp, advertInterval: instanceConfig().advertInterval });
  const master = play(config, startup, ripe);
  const second = stepVrrp(config, master.state, { on: 'tick' }, at(DOWN + 5));
  assert.deepEqual(
    second.effects.map((e) => e.effect),
    ['advertise', 'announce'],
  );
  const refresh = stepVrrp(config, second.state, { on: 'tick' }, at(DOWN + 65));
  assert.deepEqual(refresh.effects.at(-1), { effect: 'announce', rounds: 2 });
});

test('stepVrrp() keeps the beat when a tick is late, and starts a new one after a stall', () => {
  const garp = { ...machine().garp, delay: seconds(0) };
  const config = machine({ garp });
  const master = play(config, startup, ripe);
  const late = stepVrrp(config, master.state, { on: 'tick' }, at(DOWN + 1.2));
  assert.equal(nextDeadline(late.state), at(DOWN + 2));
  const stalled = stepVrrp(config, master.state, { on: 'tick' }, at(DOWN + 4.5));
  assert.equal(nextDeadline(stalled.state), at(DOWN + 5.5));
});

test('stepVrrp() resigns when a master is shut down or its interface fails; a backup goes silently', () => {
  const config = machine();
  const stop = play(config, startup, ripe, [at(5), { on: 'shutdown' }]);
  assert.deepEqual([stop.state.at, stop.effects], ['init', ['advertise 0', 'removeAddresses', 'report']]);
  const fault = play(config, startup, ripe, [at(5), { on: 'fault', because: 'interface eth0 is down' }]);
  assert.deepEqual([fault.state.at, fault.effects], ['fault', ['advertise 0', 'removeAddresses', 'report']]);
  assert.deepEqual(play(config, startup, [at(1), { on: 'shutdown' }]).effects, ['report']);
  const never = play(config, [at(0), { on: 'fault', because: 'interface eth0 is down' }]);
  assert.deepEqual(never.effects, ['removeAddresses', 'report'], 'leftovers go also without a role');
  const back = play(config, startup, [at(5), { on: 'fault', because: 'x' }], [at(9), { on: 'recovered' }]);
  assert.deepEqual([back.state.at, back.deadline], ['backup', at(9 + DOWN)]);
});

test('stepVrrp() takes up a predecessor’s mastership at once', () => {
  assert.deepEqual(play(machine(), [at(0), { on: 'resume' }]).effects, MASTER);
});

test('stepVrrp() moves a running deadline by the difference when the priority changes', () => {
  const before = machine();
  const { state } = play(before, startup, [at(1), advert('10.0.0.1', 200)]);
  const config = machine({ priority: 228 });
  const step = stepVrrp(config, state, { on: 'reconfigured', before }, at(2));
  assert.equal(nextDeadline(step.state), at(1 + 3 + 28 / 256));
});
