import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Micros, micros, seconds } from '../../../src/base/units.ts';
import { stepVrrp } from '../../../src/vrrp/fsm.ts';
import { judgeWitnesses, type Mandate, showWitnesses, stepMandate } from '../../../src/vrrp/mandate.ts';
import {
  grantLength,
  heardGrants,
  majority,
  NO_WISHES,
  patience,
  quorumEnd,
  type WitnessView,
  type WitnessWord,
  wished,
} from '../../../src/vrrp/quorum.ts';
import { INIT, type VrrpState } from '../../../src/vrrp/state.ts';
import { holders, newWitness, stepWitness, type Witness } from '../../../src/vrrp/witness.ts';
import { type GrantVerdict, newsKey, type RouterNews } from '../../../src/wire/heartbeat.ts';
import { instanceConfig } from '../../support/instances.ts';
import { at, ip, MASTER, machine, play, ripe, startup, words } from './machine.ts';

const news = (wants: number, over: Partial<RouterNews> = {}): RouterNews => ({
  ...{ family: 'inet', vrid: 51, address: ip('10.0.0.100'), role: 'master', priority: 100, holds: true },
  ...{ canServe: true, wants: seconds(wants), hasGrant: false, ...over },
});
const KEY = newsKey(news(0));
const NEVER: VrrpState = INIT;

/** What a witness answers to each message: the path, the time in seconds, and what is wanted. */
function ask(witness: Witness, ...script: readonly (readonly [string, number, RouterNews])[]) {
  let last = witness;
  const said = script.map(([from, s, one]) => {
    const step = stepWitness(last, from, [one], at(s));
    last = step.witness;
    return step.grants.map(({ verdict }) => verdict).join() || 'nothing';
  });
  return { witness: last, said };
}

test('stepWitness grants one router at a time, until it is given back or over', () => {
  const { said, witness } = ask(
    newWitness(at(-100)),
    ...[['a', 0, news(6)] as const, ['b', 1, news(6)] as const, ['a', 2, news(6)] as const],
    ...[['b', 7.9, news(6)] as const, ['b', 8, news(6)] as const, ['a', 9, news(6)] as const],
    ...[['a', 9.1, news(0)] as const, ['b', 10, news(0)] as const, ['a', 10.1, news(6)] as const],
  );
  assert.deepEqual(said, [
    ...['yours', 'another', 'yours', 'another', 'yours', 'another', 'nothing', 'nothing', 'yours'],
  ]);
  assert.deepEqual(
    holders(witness, at(11)).map(({ holder, vrid }) => [holder, vrid]),
    [['a', 51]],
  );
});

test('stepWitness that was restarted grants nobody at first, but who says that it is granted', () => {
  const { said } = ask(
    newWitness(at(0)),
    ...[['b', 1, news(6)] as const, ['a', 2, news(6, { hasGrant: true })] as const],
    ...[['b', 3, news(6)] as const, ['a', 4, news(0)] as const, ['b', 4.1, news(6)] as const],
  );
  assert.deepEqual(said, ['not_yet', 'yours', 'another', 'nothing', 'yours']);
  assert.deepEqual(ask(newWitness(at(0)), ['b', 6, news(6)]).said, ['yours']);
});

const grant = (verdict: GrantVerdict) =>
  ({ family: 'inet', vrid: 51, address: ip('10.0.0.100'), verdict }) as const;
const wordOf = (wishes: typeof NO_WISHES) => wishes.words.get(KEY) ?? null;

test('heardGrants counts from when the wish was sent, 2 % less', () => {
  const asked = wished(wished(NO_WISHES, 1n, [news(6)], at(0)), 2n, [news(6)], at(1));
  assert.deepEqual(wordOf(heardGrants(asked, 1n, [grant('yours')])), { verdict: 'yours', until: at(5.88) });
  const granted = heardGrants(asked, 2n, [grant('yours')]);
  assert.deepEqual(wordOf(granted)?.until, at(6.88));
  const again = wished(granted, 3n, [news(6)], at(2));
  assert.deepEqual(wordOf(heardGrants(again, 3n, [grant('not_yet')]))?.until, at(6.88), 'it was restarted');
  assert.deepEqual(wordOf(heardGrants(again, 3n, [grant('another')]))?.until, null);
  assert.deepEqual(wordOf(heardGrants(again, 3n, [])), { verdict: 'none', until: null });
  assert.equal(wordOf(heardGrants(again, 9n, [grant('yours')]))?.until, at(6.88), 'no message of ours');
});

test('wished gives back what is not wanted any more: an answer to an older wish counts no longer', () => {
  const asked = wished(NO_WISHES, 1n, [news(6)], at(0));
  const back = wished(asked, 2n, [news(0)], at(1));
  const anew = wished(back, 3n, [news(6)], at(2));
  assert.equal(wordOf(heardGrants(anew, 1n, [grant('yours')])), null);
  assert.equal(wordOf(heardGrants(anew, 3n, [grant('yours')]))?.until, at(7.88));
});

const required = instanceConfig({
  lease: 'strict',
  takeover: { gateway: null, suspectHold: null, witness: 'required' },
});
const view = (word: WitnessWord | null, over: Partial<WitnessView> = {}): WitnessView => ({
  ...{ path: ip('10.8.0.11'), routerId: null, isHeard: true, interval: micros(200_000), word, ...over },
});
const yours = (s: number): WitnessView => view({ verdict: 'yours', until: at(s) });
const LENGTH: Micros = grantLength(required, [yours(0)]);

test('quorumEnd is when the majority ends, less the lease and what the kernel is late', () => {
  assert.deepEqual([1, 2, 3, 4, 5].map(majority), [1, 2, 2, 3, 3]);
  assert.equal(quorumEnd(required, [yours(9), view(null), yours(7)]), at(7 - 3.1));
  assert.equal(quorumEnd(required, [yours(9), view(null), view(null)]), null);
  // A lease of 2 s, 1.1 s for the kernel, and a second in which witnesses may fail to answer.
  assert.equal(LENGTH, micros(Math.ceil(4_100 / 0.98) * 1000));
});

test('stepMandate gives who becomes master without a grant the length of one, and takes that away once it is over', () => {
  const none = [view(null)];
  const step = (before: VrrpState, after: VrrpState, s: number, mandate: Mandate = FREE, views = none) =>
    stepMandate(required, mandate, before, after, views, at(s));
  const FREE = { graceUntil: null, needsGrant: false };
  const { state: backup } = play(machine(), startup);
  const { state: master } = play(machine(), startup, ripe);
  const graced = step(backup, master, 0);
  const grace = (LENGTH + patience([yours(0)]) / 2) / 1e6;
  assert.deepEqual(graced, { graceUntil: at(grace), needsGrant: false });
  assert.equal(step(NEVER, master, 0).graceUntil, at(1.5), 'a restarted process');
  assert.deepEqual(step(master, backup, 1, graced), FREE, 'it has yielded in time');
  assert.deepEqual(step(master, backup, 10, FREE), FREE, 'it was granted, and is not any more');
  const failed = step(master, backup, 10, graced);
  assert.deepEqual(failed, { graceUntil: null, needsGrant: true });
  assert.deepEqual(step(backup, backup, 11, failed, [yours(20)]), FREE);
});

test('judgeWitnesses wants a majority where that is required, and its silence at most where it is preferred', () => {
  const another = view({ verdict: 'another', until: null });
  const silent = view(null, { isHeard: false });
  const preferred = {
    ...required,
    takeover: { gateway: null, suspectHold: null, witness: 'preferred' },
  } as const;
  const denied = (
    config: typeof required,
    inOrder: boolean,
    views: readonly WitnessView[],
    needsGrant = false,
  ) => judgeWitnesses(config, { graceUntil: null, needsGrant }, inOrder, views, at(1)) !== null;
  const two = [yours(9), yours(9), another];
  const none = [another, another, silent];
  assert.deepEqual([denied(required, false, two), denied(required, false, none)], [false, true]);
  assert.deepEqual([denied(required, true, none), denied(required, true, none, true)], [false, true]);
  assert.equal(denied(required, true, [another, silent, silent]), true, 'a majority has to be heard');
  assert.deepEqual([denied(preferred, false, none), denied(preferred, true, none)], [true, false]);
  assert.equal(denied(preferred, false, [another, silent, silent]), false);
});

test('showWitnesses says what is missing', () => {
  const views = [
    yours(20),
    view({ verdict: 'another', until: null }, { routerId: 'w2', path: ip('10.8.0.12') }),
    view(null, { path: ip('10.8.0.13'), isHeard: false }),
  ];
  assert.equal(
    showWitnesses(required, views, at(1)),
    '1 of 3 witnesses grants it, 2 are needed: w2 (10.8.0.12) says that another has it, 10.8.0.13 does not answer',
  );
});

const gate = (forfeits: { because: string; atOnce: boolean } | null) => ({
  budget: micros(1),
  withheld: null,
  forfeits,
  isGranted: true,
});
const tick = (s: number) => [at(s), { on: 'tick' }] as const;

test('stepVrrp takes the addresses off a master that must let go at once, whatever happens', () => {
  const free = machine({ gate: gate(null) });
  const { state, effects } = play(free, startup, ripe, tick(3.7));
  assert.deepEqual([state.at, effects], ['master', MASTER]);
  const lost = machine({ gate: gate({ because: 'no majority', atOnce: true }) });
  for (const on of ['tick', 'reannounce'] as const) {
    const step = stepVrrp(lost, state, { on }, at(4));
    assert.deepEqual(words(step.effects), ['removeAddresses', 'advertise 0', 'report']);
    assert.ok(step.state.at === 'backup' && step.state.holding === null);
  }
  const held = stepVrrp(free, state, { on: 'shutdown' }, at(4)).state;
  const gone = stepVrrp(lost, held, { on: 'tick' }, at(4.1));
  assert.deepEqual([words(gone.effects), gone.state], [['removeAddresses'], { at: 'init', holding: null }]);
});

test('stepVrrp has a master that is cut off hand over, and let go when nobody takes over', () => {
  const { state } = play(machine({ gate: gate(null) }), startup, ripe, tick(3.7));
  const cut = machine({ gate: gate({ because: 'cut off', atOnce: false }) });
  const step = stepVrrp(cut, state, { on: 'tick' }, at(4));
  assert.deepEqual(words(step.effects), ['advertise 0', 'report']);
  assert.ok(step.state.at === 'backup' && !step.state.standsBack);
  assert.deepEqual(words(stepVrrp(cut, step.state, { on: 'tick' }, at(5.3)).effects), ['removeAddresses']);
});
