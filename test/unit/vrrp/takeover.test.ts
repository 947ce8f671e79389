import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mac } from '../../../src/base/mac.ts';
import { seconds } from '../../../src/base/units.ts';
import type { InstanceConfig } from '../../../src/model/config.ts';
import { stepVrrp } from '../../../src/vrrp/fsm.ts';
import { NO_MANDATE } from '../../../src/vrrp/mandate.ts';
import type { MachineConfig, VrrpEvent, VrrpState } from '../../../src/vrrp/state.ts';
import {
  type Evidence,
  fellSilent,
  inquiryBudget,
  judgeTakeover,
  type PeerWord,
  vacated,
} from '../../../src/vrrp/takeover.ts';
import type { RouterNews } from '../../../src/wire/heartbeat.ts';
import { instanceConfig } from '../../support/instances.ts';
import { advert, at, DOWN, ip, machine, words } from './machine.ts';

const GATEWAY = ip('10.0.0.254');
const asks = (over: Partial<NonNullable<InstanceConfig['takeover']>> = {}): InstanceConfig =>
  instanceConfig({ takeover: { gateway: null, suspectHold: null, witness: null, ...over } });
const BUDGET = inquiryBudget(asks());
const OPEN = { budget: BUDGET, withheld: null, forfeits: null, isGranted: false };
const VERDICT = DOWN + 0.3;

const news = (over: Partial<RouterNews> = {}): RouterNews => ({
  family: 'inet',
  vrid: 51,
  address: ip('10.0.0.100'),
  role: 'master',
  priority: 150,
  holds: true,
  canServe: true,
  wants: seconds(0),
  hasGrant: false,
  ...over,
});
const word = (over: Partial<RouterNews> = {}, routerId = 'lb01'): PeerWord => ({
  path: ip('10.9.0.1'),
  routerId,
  heardAt: at(0),
  servesSince: at(0),
  news: news(over),
});
const NOTHING: Evidence = {
  gatewayAt: null,
  gatewaySilentSince: null,
  peers: [],
  answers: [],
  witnesses: [],
};
const claim = (s: number): Evidence['answers'][number] => ({
  address: ip('10.0.0.100'),
  mac: '02:00:00:00:00:01' as Mac,
  at: at(s),
});

/** Plays events through a machine whose gate is `withheld`, and gives each step's effects and the state. */
function play(withheld: string | null, ...script: readonly (readonly [number, VrrpEvent])[]) {
  const config = machine({ gate: { ...OPEN, withheld } });
  return playWith(config, { at: 'init', holding: null }, ...script);
}

function playWith(
  config: MachineConfig,
  start: VrrpState,
  ...script: readonly (readonly [number, VrrpEvent])[]
) {
  let state = start;
  const effects = script.map(([s, event]) => {
    const step = stepVrrp(config, state, event, at(s));
    state = step.state;
    return words(step.effects);
  });
  return { state, effects };
}

const start = [0, { on: 'startup' }] as const;
const tick = (s: number) => [s, { on: 'tick' }] as const;

test('stepVrrp asks before a silent master is replaced, and takes over at the end of the budget', () => {
  const { state, effects } = play(null, start, tick(DOWN), tick(DOWN + 0.2), tick(VERDICT));
  assert.deepEqual(effects.slice(1), [
    ['inquire'],
    [],
    ['advertise 100', 'addAddresses', 'announce 5', 'report'],
  ]);
  assert.equal(state.at, 'master');
});

test('stepVrrp stays a backup while the takeover is withheld, says so once, and asks again every interval', () => {
  const again = VERDICT + 1;
  const { state, effects } = play(
    'cut off',
    start,
    tick(DOWN),
    tick(VERDICT),
    tick(again),
    tick(again + 0.3),
  );
  assert.deepEqual(effects.slice(1), [['inquire'], ['withheld'], ['inquire'], []]);
  assert.deepEqual([state.at, state.at === 'backup' && state.asking?.withheld], ['backup', 'cut off']);
  const config = machine({ gate: OPEN });
  const later = playWith(config, state, tick(again + 1.3), tick(again + 1.6));
  assert.equal(later.state.at, 'master', 'once nothing speaks against it any more');
});

test('stepVrrp asks nobody after a resignation unless something speaks against it, and an advert ends the question', () => {
  const heard = [1, advert('10.0.0.9', 150)] as const;
  const resigned = [2, advert('10.0.0.9', 0)] as const;
  assert.equal(play(null, start, heard, resigned, tick(2.7)).state.at, 'master');
  assert.deepEqual(play('cut off', start, heard, resigned, tick(2.7), tick(3)).effects.slice(3), [
    ['inquire'],
    ['withheld'],
  ]);
  const { state } = play('cut off', start, tick(DOWN), [DOWN + 0.1, advert('10.0.0.9', 150)]);
  assert.ok(state.at === 'backup' && state.asking === null && state.masterDownAt === at(DOWN + 0.1 + DOWN));
});

test('stepVrrp takes a vacant place at once, with its group in a group, and not while it is cut off', () => {
  const vacant = [1.5, { on: 'vacant', because: 'lb01 has a fault' }] as const;
  assert.deepEqual(play(null, start, [1, advert('10.0.0.9', 150)], vacant).effects.at(-1), [
    ...['advertise 100', 'addAddresses', 'announce 5', 'report'],
  ]);
  assert.equal(play('cut off', start, vacant).state.at, 'backup');
  const grouped = machine({ isGrouped: true, gate: OPEN });
  const { state } = playWith(grouped, { at: 'init', holding: null }, start, vacant);
  assert.ok(state.at === 'backup' && state.willing);
});

test('stepVrrp gives back what it was granted while its group does not come together, and asks again', () => {
  const config = machine({ isGrouped: true, gate: { ...OPEN, isGranted: true } });
  const init = { at: 'init', holding: null } as const;
  const ready = playWith(config, init, start, tick(DOWN), tick(VERDICT));
  assert.ok(ready.state.at === 'backup' && ready.state.willing);
  const back = playWith(config, ready.state, tick(VERDICT + DOWN));
  assert.ok(back.state.at === 'backup' && !back.state.willing && back.state.asking === null);
  const pause = 1 + 156 / 256;
  const again = playWith(config, back.state, tick(VERDICT + DOWN + pause));
  assert.deepEqual(again.effects, [['inquire']]);
  const alone = machine({ isGrouped: true, gate: OPEN });
  const waits = playWith(alone, ready.state, tick(VERDICT + DOWN));
  assert.deepEqual(waits.effects, [['inquire']], 'nobody lacks what it waits with');
});

test('stepVrrp under another configuration leaves the time of a verdict alone', () => {
  const state = asked();
  const moved = stepVrrp(
    machine({ priority: 200 }),
    state,
    { on: 'reconfigured', before: machine() },
    at(DOWN + 0.1),
  );
  assert.ok(moved.state.at === 'backup' && state.at === 'backup');
  assert.equal(moved.state.masterDownAt, state.masterDownAt);
});

/** A backup whose question has been open for its whole budget. */
function asked(lower = false): VrrpState {
  const config = machine({ gate: OPEN, preempt: lower });
  const heard = lower ? [[1, advert('10.0.0.9', 50)] as const] : [];
  return playWith(config, { at: 'init', holding: null }, start, ...heard, tick(DOWN)).state;
}

const judged = (config: InstanceConfig, over: Partial<Evidence>, s = VERDICT, state = asked()) =>
  judgeTakeover(config, machine(), state, { ...NOTHING, ...over }, NO_MANDATE, at(s));

test('judgeTakeover withholds what is cut off from its gateway since the question was put', () => {
  const config = asks({ gateway: GATEWAY });
  const { withheld, cause, told } = judged(config, { gatewayAt: at(DOWN - 0.5) });
  assert.deepEqual(
    [cause, withheld],
    ['isolated', `this machine is cut off: its gateway ${GATEWAY} does not answer`],
  );
  assert.deepEqual(told[0], { what: `gateway ${GATEWAY}`, found: 'does not answer' });
  assert.equal(judged(config, { gatewayAt: at(DOWN + 0.01) }).withheld, null);
});

test('judgeTakeover leaves a peer in its place that serves, and replaces one that does not', () => {
  const { cause, withheld } = judged(asks(), { peers: [word()] });
  assert.equal(cause, 'advert_path');
  assert.match(withheld ?? '', /^lb01 lives and serves, as it says on the path to 10\.9\.0\.1/);
  for (const over of [{ canServe: false }, { holds: false }, { role: 'fault' as const }]) {
    assert.equal(judged(asks(), { peers: [word(over)] }).withheld, null, JSON.stringify(over));
  }
  assert.equal(
    judged(asks(), { peers: [word()] }, VERDICT, asked(true)).cause,
    null,
    'a lower one that is heard',
  );
});

test('judgeTakeover leaves whoever answers for an address in its place for suspect_hold, twice a strict lease', () => {
  const held = asks({ suspectHold: seconds(2) });
  const answers = [claim(DOWN + 0.05)];
  assert.deepEqual(judged(held, { answers }).cause, 'suspect');
  assert.equal(
    judged(held, { answers: [claim(DOWN - 0.1)] }).cause,
    null,
    'an answer of before the question',
  );
  assert.equal(judged(held, { answers: [claim(DOWN + 2.1)] }, DOWN + 2.3).cause, null, 'the time is over');
  assert.equal(judged(asks(), { answers }).cause, null);
  assert.equal(judged({ ...asks(), lease: 'strict' }, { answers }).cause, 'suspect');
});

test('judgeTakeover lets a resigned master be replaced by one that is cut off only if nobody can serve better', () => {
  const config = asks({ gateway: GATEWAY });
  const heard = [1, advert('10.0.0.9', 150)] as const;
  const { state } = play(null, start, heard, [2, advert('10.0.0.9', 0)]);
  const peers = (canServe: boolean) => [word({ role: 'backup', canServe })];
  assert.equal(judged(config, {}, 2.6, state).cause, 'isolated');
  assert.equal(judged(config, { peers: peers(true) }, 2.6, state).cause, 'isolated');
  assert.equal(judged(config, { peers: peers(false) }, 2.6, state).cause, null);
});

test('judgeTakeover believes what was heard of a master no longer than its down time where witnesses grant it', () => {
  const config = asks({ witness: 'required' });
  const witness = {
    path: ip('10.8.0.11'),
    routerId: null,
    isHeard: true,
    interval: seconds(0.2),
    word: null,
  };
  const start = [0, { on: 'startup' }] as const;
  const resigned = [[1, advert('10.0.0.9', 150)] as const, [2, advert('10.0.0.9', 0)] as const];
  const gate = { ...OPEN, withheld: '0 of 1 witnesses', isGranted: true };
  const { state } = playWith(
    machine({ gate }),
    { at: 'init', holding: null },
    start,
    ...resigned,
    tick(2.7),
    tick(3),
  );
  assert.ok(state.at === 'backup' && state.asking !== null);
  const heard = { witnesses: [witness] };
  assert.equal(judged(config, heard, 3.1, state).withheld, null, 'it has just resigned');
  assert.match(judged(config, heard, 60, state).withheld ?? '', /^0 of 1 witnesses grant it/);
});

test('fellSilent names a master whose silence is its death, unless it is heard elsewhere or another is better placed', () => {
  const own = { priority: 100 };
  assert.match(fellSilent(word(), [], own) ?? '', /^lb01, the master, has fallen silent on the path to /);
  assert.equal(fellSilent(word({ role: 'backup' }), [], own), null);
  assert.equal(fellSilent(word(), [word()], own), null);
  assert.equal(fellSilent(word(), [word({ role: 'backup', priority: 120 }, 'lb03')], own), null);
  assert.notEqual(fellSilent(word(), [word({ role: 'backup', priority: 90 }, 'lb03')], own), null);
});

test('vacated names a master that cannot serve any more, unless another is better placed', () => {
  const [before, fault] = [news(), word({ role: 'fault' })];
  assert.match(
    vacated(before, fault, [], { priority: 100 }) ?? '',
    /lb01 says .* it has a fault and is master no more/,
  );
  assert.equal(vacated(null, fault, [], { priority: 100 }), null);
  assert.equal(vacated(news({ role: 'backup' }), fault, [], { priority: 100 }), null);
  assert.equal(
    vacated(before, word({ role: 'backup' }), [], { priority: 100 }),
    null,
    'it has yielded to somebody',
  );
  const better = word({ role: 'backup', priority: 120 }, 'lb03');
  assert.equal(vacated(before, fault, [better], { priority: 100 }), null);
});
