import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Ip, ipFromBytes } from '../../../src/base/ip.ts';
import { centis, instant, micros, wallTime } from '../../../src/base/units.ts';
import type { JournalFact } from '../../../src/model/journal.ts';
import { JournalRing } from '../../../src/vrrp/journal.ts';

const SECOND = 1_000_000;
const at = (seconds: number) =>
  [instant(seconds * SECOND), wallTime(1_795_000_000_000 + seconds * 1000)] as const;
const source = (n: number): Ip => ipFromBytes(Uint8Array.of(10, (n >> 16) & 255, (n >> 8) & 255, n & 255));
const heard = (from: Ip, priority = 150): JournalFact => ({
  kind: 'heard',
  source: from,
  priority,
  interval: centis(100),
  addressListDiffers: false,
  intervalDiffers: false,
});
const refused = (from: Ip): JournalFact => ({ kind: 'refused', source: from, refusal: 'auth', told: null });
const BACKUP_TO_MASTER = { from: 'BACKUP', to: 'MASTER', because: 'no advert', priority: 100 } as const;

test('JournalRing makes one entry of a run, with its rhythm', () => {
  const ring = new JournalRing();
  for (const when of [0, 1, 2.002, 3]) ring.note(heard(source(2)), ...at(when));
  ring.note(heard(source(2), 90), ...at(4));
  const [first, second, ...others] = ring.show(...at(5)).since;
  assert.deepEqual(others, []);
  assert.deepEqual(
    [first?.count, first?.first.at, first?.last.at, first?.leastGap, first?.mostGap],
    [4, 0, 3 * SECOND, micros(998_000), micros(1_002_000)],
  );
  assert.deepEqual([second?.count, second?.leastGap], [1, null]);
});

test('JournalRing begins a new run after a pause and after a decision, and keeps the last of a deadline', () => {
  const ring = new JournalRing();
  const down = (seconds: number): JournalFact => ({
    kind: 'deadline',
    what: 'master_down',
    until: instant(seconds * SECOND),
    made: { adverts: 3, interval: micros(SECOND), skew: micros(609_375) },
  });
  ring.note(down(3.6), ...at(0));
  ring.note(down(4.6), ...at(1));
  ring.note(down(104.6), ...at(101));
  ring.decide(BACKUP_TO_MASTER, ...at(105));
  ring.note(down(110), ...at(105));
  const { decisions, since, before } = ring.show(...at(106));
  const untils = (entries: typeof since) =>
    entries.map(({ fact, count }) => [fact.kind === 'deadline' && fact.until / SECOND, count]);
  assert.deepEqual(untils(decisions[0]?.evidence ?? []), [
    [4.6, 2],
    [104.6, 1],
  ]);
  assert.deepEqual(untils(before), untils(decisions[0]?.evidence ?? []));
  assert.deepEqual(untils(since), [[110, 1]]);
});

test('JournalRing.decide takes its evidence before a flood and keeps the last 16 with theirs', () => {
  const ring = new JournalRing();
  for (let round = 0; round < 20; round++) {
    ring.note(heard(source(round)), ...at(round * 10));
    ring.decide({ ...BACKUP_TO_MASTER, because: `round ${round}` }, ...at(round * 10 + 4));
  }
  for (let n = 0; n < 100_000; n++) ring.note(refused(source(n)), ...at(300 + n / 20_000));
  const { decisions, since, before, forgotten } = ring.show(...at(400));
  assert.deepEqual(
    decisions.map(({ because }) => because),
    Array.from({ length: 16 }, (_, i) => `round ${i + 4}`),
  );
  for (const [i, { evidence }] of decisions.entries()) {
    assert.deepEqual(
      evidence.map(({ fact }) => fact.kind === 'heard' && fact.source),
      [source(i + 4)],
    );
  }
  assert.deepEqual([since.length, before.length, forgotten], [64, 20, 100_000 - 64]);
});

test('JournalRing.decide recalls who was heard before the decision before, unless long ago', () => {
  const heardOf = (when: number) => {
    const ring = new JournalRing();
    ring.note(heard(source(2)), ...at(0));
    ring.note(refused(source(3)), ...at(0));
    ring.decide({ ...BACKUP_TO_MASTER, from: 'MASTER', to: 'BACKUP' }, ...at(1));
    ring.decide(BACKUP_TO_MASTER, ...at(when));
    return ring
      .show(...at(when))
      .decisions.at(-1)
      ?.evidence.map(({ fact }) => fact.kind);
  };
  assert.deepEqual(heardOf(5), ['heard']);
  assert.deepEqual(heardOf(65), []);
});

test('JournalRing keeps the peer that was heard often when strangers flood', () => {
  const ring = new JournalRing();
  for (let i = 0; i < 10; i++) ring.note(heard(source(2)), ...at(i));
  for (let n = 1000; n < 2000; n++) ring.note(heard(source(n)), ...at(10 + n / 10_000));
  ring.decide(BACKUP_TO_MASTER, ...at(13));
  const evidence = ring.show(...at(14)).decisions[0]?.evidence ?? [];
  assert.ok(
    evidence.some(({ fact, count }) => fact.kind === 'heard' && fact.source === source(2) && count === 10),
  );
  assert.ok(evidence.length <= 16);
});

test('JournalRing counts every fact once, whatever comes in whatever order', () => {
  const fact = fc.oneof(
    fc.integer({ min: 0, max: 99 }).map((n) => heard(source(n))),
    fc.integer({ min: 0, max: 99 }).map((n) => refused(source(n))),
    fc.integer({ min: 0, max: 255 }).map((priority): JournalFact => ({ kind: 'sent', priority })),
    fc.integer({ min: 0, max: SECOND }).map((by): JournalFact => ({ kind: 'late', by: micros(by) })),
    fc.constant('decide' as const),
  );
  fc.assert(
    fc.property(fc.array(fact, { maxLength: 400 }), (facts) => {
      const ring = new JournalRing();
      for (const [i, one] of facts.entries()) {
        if (one === 'decide') ring.decide(BACKUP_TO_MASTER, ...at(i));
        else ring.note(one, ...at(i));
      }
      const { since, before, forgotten, decisions } = ring.show(...at(facts.length));
      const kept = [...since, ...before];
      const notes = facts.filter((one) => one !== 'decide').length;
      const counted = kept.reduce((sum, { count }) => sum + count, 0);
      assert.ok(kept.length <= 320 && decisions.length <= 16);
      if (forgotten === 0) assert.equal(counted, notes);
      else assert.ok(counted + forgotten <= notes);
      for (const { count, first, last, leastGap, mostGap } of kept) {
        assert.equal(leastGap === null, count === 1);
        assert.ok(first.at <= last.at && (leastGap ?? 0) <= (mostGap ?? 0));
      }
    }),
    { numRuns: 200 },
  );
});
