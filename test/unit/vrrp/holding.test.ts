import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seconds } from '../../../src/base/units.ts';
import { stepVrrp } from '../../../src/vrrp/fsm.ts';
import type { VrrpEvent } from '../../../src/vrrp/state.ts';
import { advert, at, DOWN, MASTER, machine, play, ripe, startup, words } from './machine.ts';

const config = machine();
const tick: VrrpEvent = { on: 'tick' };
const claimed: VrrpEvent = { on: 'claimed', by: '02:00:00:00:00:01' };
const handover: VrrpEvent = { on: 'handover', because: 'handed over on request' };
const resigned = [startup, ripe, [at(5), { on: 'shutdown' }]] as const;

test('stepVrrp() keeps the addresses of a master that resigns until the second advert of its successor', () => {
  const heard = play(config, ...resigned, [at(5.5), advert('10.0.0.1', 50)]);
  assert.deepEqual(
    [heard.effects, heard.deadline],
    [[], at(7.5)],
    'one may come from a router that does not serve',
  );
  const again = stepVrrp(config, heard.state, advert('10.0.0.1', 50), at(5.9));
  assert.deepEqual(again.effects, [], 'too soon to be its next');
  const second = play(
    config,
    ...resigned,
    [at(5.5), advert('10.0.0.1', 50)],
    [at(6.5), advert('10.0.0.1', 50)],
  );
  assert.deepEqual([second.effects, second.deadline], [['quietAddresses'], at(7)]);
  const over = stepVrrp(config, second.state, tick, at(7));
  assert.deepEqual(over, { state: { at: 'init', holding: null }, effects: [{ effect: 'removeAddresses' }] });
});

test('stepVrrp() keeps the addresses of a master that resigns until somebody else announces them', () => {
  const quiet = play(config, ...resigned, [at(5.5), claimed]);
  assert.deepEqual([quiet.effects, quiet.deadline], [['quietAddresses'], at(6)]);
});

test('stepVrrp() keeps the addresses of a master that resigns no longer than a successor’s skew and a margin', () => {
  const alone = play(config, ...resigned);
  assert.equal(alone.deadline, at(6.25), 'RFC 3768 §6.1: a skew of one second');
  assert.deepEqual(words(stepVrrp(config, alone.state, tick, at(6.25)).effects), ['removeAddresses']);
  const slow = machine({ version: 3, advertInterval: config.advertInterval });
  assert.equal(play(slow, ...resigned).deadline, at(6.25), 'RFC 9568 §6.1: one of an interval');
  const still = play(config, ...resigned, [at(6), { on: 'startup' }]);
  assert.deepEqual(still.effects, ['report'], 'a start meanwhile leaves them in their place');
});

test('stepVrrp() that yields to one forged advert and hears no second is master again without having let go', () => {
  const fast = machine({ version: 3 });
  const forged = [at(5), advert('10.0.0.9', 255, 4095)] as const;
  const yielded = play(fast, startup, ripe, forged);
  assert.deepEqual([yielded.state.at, yielded.effects], ['backup', ['report']]);
  // Of the 40.95 s no more than four times its own interval counts.
  const limit = 5 + 3 * 4 + (4 * 156) / 256;
  assert.equal(yielded.deadline, at(limit));
  assert.deepEqual(play(fast, startup, ripe, forged, [at(limit), tick]).effects, MASTER);
});

test('stepVrrp() that yields lets go at the claim or the next advert of the better master', () => {
  const better = [startup, ripe, [at(5), advert('10.0.0.1', 200)]] as const;
  assert.deepEqual(play(config, ...better, [at(5.1), claimed]).effects, ['quietAddresses']);
  assert.deepEqual(play(config, ...better, [at(6), advert('10.0.0.1', 200)]).effects, ['quietAddresses']);
});

test('stepVrrp() hands over, and leaves a lower master in its place until failback', () => {
  const handed = [startup, ripe, [at(5), handover]] as const;
  assert.deepEqual(play(config, ...handed).effects, ['advertise 0', 'report']);
  const lower = [...handed, [at(5.8), advert('10.0.0.1', 50)], [at(5.8), claimed]] as const;
  assert.equal(play(config, ...lower, [at(6.3), tick]).deadline, at(5.8 + DOWN));
  const later = play(config, ...lower, [at(6.8), advert('10.0.0.1', 50)]);
  assert.equal(later.deadline, at(6.3), 'it lets go, and waits anew');
  const back = [
    [at(7), { on: 'failback' }],
    [at(7.8), advert('10.0.0.1', 50)],
  ] as const;
  const due = play(config, ...lower, [at(6.3), tick], ...back);
  assert.equal(due.deadline, at(5.8 + DOWN), 'a lower priority runs out again');
  assert.equal(stepVrrp(config, due.state, tick, at(5.8 + DOWN)).effects[2]?.effect, 'claim');
});

test('stepVrrp() is master again when it hands over and nobody takes over', () => {
  const alone = play(config, startup, ripe, [at(5), handover], [at(6.25), tick]);
  assert.deepEqual(alone.effects, MASTER);
  assert.equal(alone.because, 'nobody took over for 1.250 s (limit 1.250 s)');
});

test('stepVrrp() that stood still for longer than its lease asks its sockets who is master', () => {
  const leased = machine({ lease: seconds(4) });
  const still = [startup, ripe] as const;
  const lapsed = ['removeAddresses', 'report'];
  assert.deepEqual(play(leased, ...still, [at(DOWN + 4), tick]).effects, ['advertise 100'], 'just in time');
  const late = at(DOWN + 4.001);
  assert.deepEqual(play(leased, ...still, [late, tick]).effects, [...lapsed, ...MASTER]);
  const lower = play(leased, ...still, [late, advert('10.0.0.1', 50)], [late, tick]);
  assert.deepEqual(lower.effects.slice(0, 3), ['addAddresses', 'announce 1', 'claim 100']);
  const better = play(leased, ...still, [late, advert('10.0.0.1', 150)], [late, tick]);
  assert.deepEqual([better.state.at, better.effects], ['backup', []]);
});
