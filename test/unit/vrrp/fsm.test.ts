import assert from 'node:assert/strict';
import { test } from 'node:test';
import { centis, type Instant, seconds } from '../../../src/base/units.ts';
import { stepVrrp } from '../../../src/vrrp/fsm.ts';
import { nextDeadline, type VrrpEvent } from '../../../src/vrrp/state.ts';
import { advert, at, DOWN, GARP, ip, MASTER, machine, play, ripe, startup, words } from './machine.ts';

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

test('stepVrrp() starts the owner as master, and has it listen for an interval when it comes back or is grouped', () => {
  const owner = machine({ priority: 255 });
  const { state, effects } = play(owner, startup);
  assert.deepEqual([state.at, effects[0]], ['master', 'advertise 255']);
  const ill = [startup, [at(5), { on: 'fault', because: 'x' }], [at(6.25), { on: 'tick' }]] as const;
  const back = play(owner, ...ill, [at(9), { on: 'recovered' }]);
  assert.deepEqual([back.state.at, back.deadline], ['backup', at(9 + 1 + 1 / 256)]);
  const grouped = play(machine({ priority: 255, isGrouped: true }), startup);
  assert.deepEqual([grouped.state.at, grouped.deadline], ['backup', at(1 + 1 / 256)]);
});

test('stepVrrp() as backup re-arms on an equal or higher priority and lets a lower one run out', () => {
  const config = machine();
  assert.equal(play(config, startup, [at(1), advert('10.0.0.1', 100)]).deadline, at(1 + DOWN));
  assert.equal(play(config, startup, [at(1), advert('10.0.0.1', 200)]).deadline, at(1 + DOWN));
  assert.equal(play(config, startup, [at(1), advert('10.0.0.1', 99)]).deadline, at(DOWN));
  const preempted = play(config, startup, [at(1), advert('10.0.0.1', 99)], ripe);
  assert.equal(preempted.because, '10.0.0.1 advertises a lower priority (99, ours 100)');
  const claim = ['addAddresses', 'announce 1', 'claim 100', 'announce 5', 'report'];
  assert.deepEqual(preempted.effects, claim, 'there and announced before that one hears of it');
});

test('stepVrrp() as backup accepts any priority when it may not preempt', () => {
  const config = machine({ preempt: false });
  assert.equal(play(config, startup, [at(1), advert('10.0.0.1', 1)]).deadline, at(1 + DOWN));
});

test('stepVrrp() as backup waits only its skew after a resignation', () => {
  const resigned = play(machine(), startup, [at(1), advert('10.0.0.1', 0)]);
  assert.equal(resigned.deadline, at(1 + 0.609375));
  const of = (source: string) =>
    play(machine(), startup, [at(1), advert('10.0.0.1', 200)], [at(2), advert(source, 0)]).deadline;
  assert.equal(of('10.0.0.1'), at(2 + 0.609375));
  assert.equal(of('10.0.0.3'), at(1 + DOWN), 'only the master that it hears can resign');
});

test('stepVrrp() as backup of version 3 counts with the interval that it heard, and advertises with its own', () => {
  const config = machine({ version: 3, advertInterval: centis(100) });
  const heard = play(config, startup, [at(1), advert('10.0.0.1', 200, 400)]);
  assert.equal(heard.deadline, at(1 + 3 * 4 + (4 * 156) / 256));
  const discarded = play(config, startup, [at(0.1), advert('10.0.0.1', 50, 400)]);
  assert.equal(discarded.deadline, at(3 + 156 / 256), 'what is discarded teaches nothing');
  const resigned = play(
    config,
    startup,
    [at(1), advert('10.0.0.1', 200, 400)],
    [at(2), advert('10.0.0.1', 0, 400)],
  );
  assert.equal(resigned.deadline, at(2 + (4 * 156) / 256));
  const master = play(config, startup, [at(1), advert('10.0.0.1', 200, 400)], [at(20), { on: 'tick' }]);
  assert.equal(master.deadline, at(21));
  const yielded = play(config, startup, [at(5), { on: 'tick' }], [at(6), advert('10.0.0.1', 200, 400)]);
  assert.equal(yielded.deadline, at(6 + 3 * 4 + (4 * 156) / 256));
});

test('stepVrrp() as backup lets nobody’s first advert bring its deadline forward', () => {
  const config = machine({ version: 3 });
  const slow = [startup, [at(1), advert('10.0.0.1', 200, 400)]] as const;
  const last = play(config, ...slow).deadline;
  const first = play(config, ...slow, [at(1.1), advert('10.0.0.3', 200, 10)]);
  assert.equal(first.deadline, last);
  const second = play(
    config,
    ...slow,
    [at(1.1), advert('10.0.0.3', 200, 10)],
    [at(1.2), advert('10.0.0.3', 200, 10)],
  );
  assert.equal(second.deadline, at(1.2 + 0.3 + (0.1 * 156) / 256));
});

test('stepVrrp() as backup leaves a lower priority in its place for preempt_delay, counted from its first advert', () => {
  const config = machine({ preemptDelay: seconds(10) });
  const rows: (readonly [Instant, VrrpEvent])[] = [startup];
  const hear = (s: number, priority: number) =>
    play(config, ...rows, [at(s), advert('10.0.0.1', priority)]).deadline;
  rows.push([at(1), advert('10.0.0.1', 50)]);
  assert.equal(hear(10.9, 50), at(10.9 + DOWN), 'accepted while the delay runs');
  rows.push([at(10.9), advert('10.0.0.1', 50)]);
  assert.equal(hear(11, 50), at(10.9 + DOWN), 'discarded when it is over');
  rows.push([at(10.95), advert('10.0.0.3', 100)]);
  assert.equal(
    hear(11, 50),
    at(11 + DOWN),
    'an equal priority ends it, and the next lower one begins it anew',
  );
});

// RFC 3768 §6.4.3: rows are what a master hears, columns what becomes of it.
const RIVALS: readonly (readonly [string, number, 'master' | 'backup', readonly string[]])[] = [
  ['10.0.0.1', 200, 'backup', ['report']],
  ['10.0.0.3', 100, 'backup', ['report']],
  ['10.0.0.1', 100, 'master', ['advertise 100', 'heardLower 100']],
  ['10.0.0.3', 99, 'master', ['advertise 100', 'heardLower 99']],
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
  assert.deepEqual(first.effects, ['advertise 100', 'heardLower 50']);
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
  const config = machine({ garp: { ...GARP, refresh: seconds(60), refreshRepeat: 2 } });
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
  const config = machine({ garp: { ...GARP, delay: seconds(0) } });
  const master = play(config, startup, ripe);
  const late = stepVrrp(config, master.state, { on: 'tick' }, at(DOWN + 1.2));
  assert.equal(nextDeadline(late.state), at(DOWN + 2));
  const stalled = stepVrrp(config, master.state, { on: 'tick' }, at(DOWN + 4.5));
  assert.equal(nextDeadline(stalled.state), at(DOWN + 5.5));
});

test('stepVrrp() resigns when a master is shut down or its interface fails; a backup goes silently', () => {
  const config = machine();
  const stop = play(config, startup, ripe, [at(5), { on: 'shutdown' }]);
  assert.deepEqual([stop.state.at, stop.effects], ['init', ['advertise 0', 'report']]);
  const fault = play(config, startup, ripe, [at(5), { on: 'fault', because: 'interface eth0 is down' }]);
  assert.deepEqual([fault.state.at, fault.effects], ['fault', ['advertise 0', 'report']]);
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

test('stepVrrp() announces again after a double mastership at once or, soon after the last time, when it may', () => {
  const garp = { ...GARP, delay: seconds(0), lowerDelay: seconds(0) };
  const config = machine({ garp });
  const soon = play(config, startup, ripe, [at(DOWN + 0.5), advert('10.0.0.1', 50)]);
  assert.deepEqual(soon.effects, ['advertise 100', 'heardLower 50']);
  const due = stepVrrp(config, soon.state, { on: 'tick' }, at(DOWN + 5));
  assert.deepEqual(words(due.effects), ['advertise 100', 'announce 5']);
  const twice = machine({ garp: { ...garp, lowerDelay: seconds(2), lowerRepeat: 3 } });
  const first = play(twice, startup, ripe, [at(20), advert('10.0.0.1', 50)]);
  assert.deepEqual(first.effects, ['advertise 100', 'announce 3', 'heardLower 50']);
  const second = stepVrrp(twice, first.state, { on: 'tick' }, at(22));
  assert.deepEqual(
    words(second.effects),
    ['advertise 100', 'announce 3'],
    'and a second time after the delay',
  );
});

test('stepVrrp() answers no lower priority and sends one more advert when it yields, where it is told so', () => {
  const config = machine({ answersLower: false, advertisesOnYield: true });
  const lower = play(config, startup, ripe, [at(4), advert('10.0.0.1', 50)]);
  assert.deepEqual(lower.effects, ['heardLower 50']);
  const higher = play(config, startup, ripe, [at(4), advert('10.0.0.1', 150)]);
  assert.deepEqual(higher.effects, ['advertise 100', 'report']);
});

test('stepVrrp() announces out of the base of a virtual MAC interface by its own period', () => {
  const garp = { ...GARP, delay: seconds(0), extraInterface: seconds(0.5) };
  const config = machine({ garp });
  const master = play(config, startup, ripe);
  assert.equal(master.deadline, at(DOWN + 0.5));
  const tick = stepVrrp(config, master.state, { on: 'tick' }, at(DOWN + 0.5));
  assert.deepEqual(words(tick.effects), ['announceOnBase']);
});

test('stepVrrp() waits anew when the interval becomes another, or a shorter one could have passed already', () => {
  const before = machine({ advertInterval: centis(1000) });
  const { state } = play(before, startup, [at(1), advert('10.0.0.1', 200, 1000)]);
  const step = stepVrrp(machine(), state, { on: 'reconfigured', before }, at(10));
  assert.equal(nextDeadline(step.state), at(10 + DOWN));
});

test('stepVrrp() counts another preempt_delay from when the first one began', () => {
  const before = machine({ preemptDelay: seconds(300) });
  const { state } = play(before, startup, [at(1), advert('10.0.0.1', 50)]);
  const config = machine({ preemptDelay: seconds(4) });
  const step = stepVrrp(config, state, { on: 'reconfigured', before }, at(2));
  assert.ok(step.state.at === 'backup');
  assert.equal(step.state.preemptAt, at(5));
});

test('stepVrrp() changes nothing when it is reconfigured to what it was', () => {
  const garp = { ...GARP, refresh: seconds(60), extraInterface: seconds(7) };
  const config = machine({ garp, preemptDelay: seconds(4) });
  for (const { state } of [
    play(config, startup, [at(1), advert('10.0.0.1', 50)]),
    play(config, startup, ripe, [at(4), advert('10.0.0.1', 50)]),
  ]) {
    assert.deepEqual(stepVrrp(config, state, { on: 'reconfigured', before: config }, at(4.5)), {
      state,
      effects: [],
    });
  }
});
