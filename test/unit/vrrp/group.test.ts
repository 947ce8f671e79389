import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instant } from '../../../src/base/units.ts';
import { groupFaults, type Member, stepGroup } from '../../../src/vrrp/group.ts';
import { INIT, type VrrpEvent } from '../../../src/vrrp/state.ts';
import { advert, at, DOWN, MASTER, machine, words } from './machine.ts';

/** A group of two or more, played event by event. */
class Group {
  members: Member[];

  constructor(...names: readonly string[]) {
    const config = machine({ isGrouped: true });
    this.members = names.map((name) => ({ name, config, state: INIT }));
    this.all(0, { on: 'startup' });
  }

  /** What it made the members do, as `VI_1: advertise 100`; and, apart, the last thing that was reported. */
  play(s: number | Instant, name: string, event: VrrpEvent): readonly string[] {
    const now = s > 1e6 ? (s as Instant) : at(s);
    const index = this.members.findIndex((member) => member.name === name);
    const said: string[] = [];
    for (const step of stepGroup('G', this.members, index, event, now)) {
      this.members = this.members.map((member, i) =>
        i === step.member ? { ...member, state: step.state } : member,
      );
      said.push(...words(step.effects).map((word) => `${this.members[step.member]?.name}: ${word}`));
      for (const effect of step.effects) if (effect.effect === 'report') this.because = effect.because;
    }
    return said;
  }

  all(s: number, event: VrrpEvent): void {
    for (const { name } of this.members) this.play(s, name, event);
  }

  because = '';

  get standsBack(): string {
    return this.members.map(({ state }) => state.at === 'backup' && state.standsBack).join(' ');
  }

  get states(): string {
    return this.members.map(({ state }) => state.at).join(' ');
  }
}

const from = (name: string, what: readonly string[]) => what.map((word) => `${name}: ${word}`);

function mastered(): Group {
  const group = new Group('VI_1', 'VI_2');
  group.all(DOWN, { on: 'tick' });
  assert.equal(group.states, 'master master');
  return group;
}

test('stepGroup() makes all members master in the moment in which the last of them would be', () => {
  const group = new Group('VI_1', 'VI_2');
  assert.deepEqual(group.play(DOWN, 'VI_1', { on: 'tick' }), []);
  assert.equal(group.states, 'backup backup');
  const effects = group.play(DOWN + 0.1, 'VI_2', { on: 'tick' });
  assert.deepEqual(effects, [...from('VI_1', MASTER), ...from('VI_2', MASTER)]);
  assert.equal(group.states, 'master master');
});

test('stepGroup() has a member that would be master wait for another that hears a master', () => {
  const group = new Group('VI_1', 'VI_2');
  group.play(3, 'VI_2', advert('10.0.0.1', 150));
  group.play(DOWN, 'VI_1', { on: 'tick' });
  const [first] = group.members;
  assert.ok(first?.state.at === 'backup' && first.state.willing);
  assert.equal(first.state.masterDownAt, at(2 * DOWN), 'its timer runs again');
  group.play(4, 'VI_1', advert('10.0.0.1', 150));
  group.play(3 + DOWN, 'VI_2', { on: 'tick' });
  assert.equal(group.states, 'backup backup', 'what it heard in between ends its wish');
  group.play(4 + DOWN, 'VI_1', { on: 'tick' });
  assert.equal(group.states, 'master master');
  assert.match(
    group.because,
    /^every member of sync group G would be master; here no advert from 10\.0\.0\.1 for/,
  );
});

test('stepGroup() takes all members along when one yields, without a resignation', () => {
  const group = mastered();
  const effects = group.play(5, 'VI_2', advert('10.0.0.1', 150));
  assert.deepEqual(effects, ['VI_2: report', 'VI_1: report']);
  assert.equal(group.states, 'backup backup');
  assert.equal(group.because, 'VI_2 of sync group G has yielded');
});

test('stepGroup() hands all members over, and each lets go when its own link has heard the successor', () => {
  const group = mastered();
  const because = 'handed over on request';
  assert.deepEqual(group.play(5, 'VI_2', { on: 'handover', because }), [
    ...from('VI_2', ['advertise 0', 'report']),
    ...from('VI_1', ['advertise 0', 'report']),
  ]);
  assert.deepEqual(group.play(5.6, 'VI_1', { on: 'claimed', by: 'another' }), ['VI_1: quietAddresses']);
  group.all(6, advert('10.0.0.1', 50));
  assert.deepEqual(group.play(7, 'VI_2', advert('10.0.0.1', 50)), ['VI_2: quietAddresses']);
  assert.equal(group.standsBack, 'true true');
  group.play(8, 'VI_1', { on: 'failback' });
  assert.equal(group.standsBack, 'false false');
});

test('stepGroup() announces for all members when one hears a lower priority', () => {
  const group = mastered();
  assert.deepEqual(group.play(DOWN + 6, 'VI_1', advert('10.0.0.1', 50)), [
    ...from('VI_1', ['advertise 100', 'announce 5', 'heardLower 50']),
    'VI_2: announce 5',
  ]);
  assert.deepEqual(group.play(DOWN + 6.5, 'VI_1', advert('10.0.0.1', 50)), [
    ...from('VI_1', ['advertise 100', 'heardLower 50']),
  ]);
});

test('stepGroup() of a group of one moves it alone', () => {
  const group = new Group('VI_1');
  assert.deepEqual(group.play(DOWN, 'VI_1', { on: 'tick' }), from('VI_1', MASTER));
});

test('stepGroup() resigns member by member when all of them fault, and takes none up before all recover', () => {
  const group = mastered();
  const resigned = group.play(5, 'VI_1', { on: 'fault', because: 'interface eth0 is down' });
  assert.deepEqual(resigned, from('VI_1', ['advertise 0', 'report']));
  group.play(5, 'VI_2', { on: 'fault', because: 'VI_1 of sync group G is in fault' });
  assert.equal(group.states, 'fault fault');
  group.play(6, 'VI_1', { on: 'recovered' });
  group.play(6 + DOWN, 'VI_1', { on: 'tick' });
  assert.equal(group.states, 'backup fault');
});

test('groupFaults() gives each member its own fault, or that of the first other', () => {
  const members = [
    { name: 'VI_1', fault: null },
    { name: 'VI_2', fault: 'interface eth1 is down' },
    { name: 'VI_3', fault: 'interface eth2 is down' },
  ];
  assert.deepEqual(groupFaults('G', members), [
    'VI_2 of sync group G is in fault: interface eth1 is down',
    'interface eth1 is down',
    'interface eth2 is down',
  ]);
  assert.deepEqual(groupFaults('G', [{ name: 'VI_1', fault: null }]), [null]);
});
