import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elapsed, micros } from '../../../src/base/units.ts';
import { VrrpJournal } from '../../../src/daemon/vrrp-journal.ts';
import type { InstanceConfig } from '../../../src/model/config.ts';
import type { TrackStatus } from '../../../src/model/status.ts';
import { freshBackup } from '../../../src/vrrp/becoming.ts';
import { stepVrrp } from '../../../src/vrrp/fsm.ts';
import { INIT, type VrrpEvent, type VrrpState } from '../../../src/vrrp/state.ts';
import { advert, machine } from '../vrrp/machine.ts';
import { FakeClock } from './core-fakes.ts';

const facts = (journal: VrrpJournal) => journal.show().since.map(({ fact }) => fact);

test('VrrpJournal.stepped notes what the time of a backup consists of, after an advert and after a resignation', () => {
  const clock = new FakeClock();
  const journal = new VrrpJournal(clock);
  const config = machine();
  let state: VrrpState = freshBackup(config, clock.now(), null);
  journal.stepped(config, INIT, state);
  for (const event of [advert('10.0.0.9', 150), advert('10.0.0.9', 0)] satisfies VrrpEvent[]) {
    clock.millis += 1000;
    const next = stepVrrp(config, state, event, clock.now());
    journal.stepped(config, state, next.state);
    state = next.state;
  }
  const made = (adverts: number) => ({ adverts, interval: micros(1_000_000), skew: micros(609_375) });
  assert.deepEqual(
    facts(journal).map((fact) => fact.kind === 'deadline' && [fact.what, fact.made]),
    [
      ['master_down', made(3)],
      ['master_down', made(0)],
    ],
  );
  assert.equal(journal.show().since[0]?.count, 2);
});

test('VrrpJournal.stepped renews the lease of a master with each advert, as one entry', () => {
  const clock = new FakeClock();
  const journal = new VrrpJournal(clock);
  const config = machine({ lease: micros(4_000_000) });
  let state = stepVrrp(
    config,
    freshBackup(config, clock.now(), null),
    { on: 'promote', because: '' },
    clock.now(),
  ).state;
  for (let i = 0; i < 3; i++) {
    clock.millis += 1000;
    const next = stepVrrp(config, state, { on: 'tick' }, clock.now()).state;
    journal.stepped(config, state, next);
    state = next;
  }
  const [entry, ...others] = journal.show().since;
  assert.deepEqual([entry?.count, others], [3, []]);
  assert.ok(entry?.fact.kind === 'deadline' && entry.fact.what === 'lease');
  assert.equal(elapsed(clock.now(), entry.fact.until), 4_000_000);
});

test('VrrpJournal.priority names the trackers that have changed since the last time', () => {
  const journal = new VrrpJournal(new FakeClock());
  const track = (name: string, contributes: number): TrackStatus => ({
    kind: 'script',
    name,
    weight: -30,
    reverse: false,
    health: contributes < 0 ? 'bad' : 'good',
    contributes,
  });
  journal.priority(150, 120, [track('web', -30), track('dns', 0)]);
  journal.priority(120, 90, [track('web', -30), track('dns', -30)]);
  journal.priority(90, 80, [track('web', -30), track('dns', -30)]);
  assert.deepEqual(
    facts(journal).map((fact) => fact.kind === 'priority' && fact.because),
    ['script web is bad (-30)', 'script dns is bad (-30)', 'another configuration'],
  );
});

test('VrrpJournal.late measures a hold-up by the interval of the adverts', () => {
  const of = (advertInterval: number, late: number) => {
    const journal = new VrrpJournal(new FakeClock());
    journal.late(micros(late * 1000), { advertInterval } as InstanceConfig);
    return facts(journal).length;
  };
  assert.deepEqual([of(100, 99), of(100, 100), of(1, 4), of(1, 5)], [0, 1, 0, 1]);
});
