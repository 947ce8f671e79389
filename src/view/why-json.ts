import { elapsed, type Instant, type Micros, type WallTime } from '../base/units.ts';
import type { Decision, Journal, JournalEntry, JournalFact, Moment } from '../model/journal.ts';
import { explainCause, explainTwoMasters, explainUnsent } from './cause.ts';
import { showJson } from './status-json.ts';
import type { Explained } from './why.ts';

/**
 * All that is known of instances, as JSON text: `{name, instances: […]}`, each with its state, its `decisions` (oldest
 * first, with `causes` and `evidence`), what was noted `since` them and `before`, and what former processes decided.
 */
export function showWhyJson(name: string, explained: readonly Explained[]): string {
  return showJson({ name, instances: explained.map(view) });
}

function view({ instance, journal, former }: Explained) {
  const { name, interface: dev, state, because, withheld, unsent } = instance;
  const entries = (some: readonly JournalEntry[]) => some.map((entry) => viewEntry(entry, journal.takenAt));
  return {
    name,
    interface: dev,
    state,
    because,
    withheld,
    unsent: explainUnsent(unsent),
    takenAt: journal.takenAt.wall,
    twoMasters: state === 'MASTER' ? explainTwoMasters(journal, dev, unsent) : [],
    decisions: journal.decisions.map((decision) => viewDecision(decision, dev, journal)),
    notedSince: entries(journal.since),
    notedBefore: entries(journal.before),
    forgotten: journal.forgotten,
    former: former.map(({ until, decisions }) => ({
      until,
      decisions: decisions.map((decision) => viewDecision(decision, dev, journal)),
    })),
  };
}

function viewDecision(decision: Decision, dev: string, { takenAt }: Journal) {
  const { from, to, because, priority, at, evidence } = decision;
  return {
    at: at.wall,
    agoUs: elapsed(at.at, takenAt.at),
    from,
    to,
    because,
    priority,
    causes: explainCause(decision, dev),
    evidence: evidence.map((entry) => viewEntry(entry, takenAt)),
  };
}

function viewEntry({ fact, count, first, last, leastGap, mostGap }: JournalEntry, takenAt: Moment) {
  return {
    ...viewFact(fact, last),
    count,
    since: first.wall,
    at: last.wall,
    agoUs: elapsed(last.at, takenAt.at),
    leastGapUs: leastGap,
    mostGapUs: mostGap,
  };
}

function viewFact(fact: JournalFact, last: Moment) {
  switch (fact.kind) {
    case 'heard': {
      const { interval, ...rest } = fact;
      return { ...rest, intervalCs: interval };
    }
    case 'deadline': {
      const { made, until, ...rest } = fact;
      const ofWhat =
        made === null ? null : { adverts: made.adverts, intervalUs: made.interval, skewUs: made.skew };
      return { ...rest, until: wallOf(until, last), made: ofWhat };
    }
    case 'late':
      return { kind: fact.kind, byUs: fact.by as Micros };
    default:
      return fact;
  }
}

/** A moment of the future on the wall clock, if nobody sets it. */
const wallOf = (at: Instant, { at: then, wall }: Moment): WallTime =>
  Math.round(wall + elapsed(then, at) / 1000) as WallTime;
