import { elapsed, micros, type WallTime } from '../base/units.ts';
import type { Decision, FormerDecisions, Journal, JournalEntry } from '../model/journal.ts';
import type { InstanceStatus } from '../model/status.ts';
import { type Cause, explainCause, explainRefused, explainTwoMasters, explainUnsent } from './cause.ts';
import { showEntry, showMade, showMoment, showSeconds } from './journal-entry.ts';
import { showAge } from './time.ts';

/** What is known of an instance, and what its machine has noted. */
export interface Explained {
  readonly instance: InstanceStatus;
  readonly journal: Journal;
  /** Of processes that are gone, oldest first. */
  readonly former: readonly FormerDecisions[];
}

/**
 * Why an instance is in its state: the last change with its limit, its likely causes and its evidence, what was noted
 * since, and the earlier changes, the newest first, those of former vrrp processes at the end. Lines without their line feeds; times are UTC.
 */
export function showWhy({ instance, journal, former }: Explained): string[] {
  const { name, state, interface: dev, withheld, unsent } = instance;
  const last = journal.decisions.at(-1);
  if (last === undefined) {
    const { because, since } = instance;
    return [
      `${name} is ${state} since ${showMoment(since)} (${showAge(since, journal.takenAt.wall)}): ${because}`,
      ...section('Since then', journal.since.map(showEntry)),
      ...[...former].reverse().flatMap(showFormer),
    ];
  }
  const now =
    state === 'MASTER'
      ? section('There seem to be two masters', explainTwoMasters(journal, dev, unsent).flatMap(showCause))
      : section('Adverts are refused', explainRefused(journal).flatMap(showCause));
  return [
    ...(withheld === null ? [] : [`${name} does not take over now: ${withheld}`]),
    ...section('Now', explainUnsent(unsent).flatMap(showCause)),
    `${name} is ${state} since ${showMoment(last.at.wall)} (${age(last, journal)}): ${showDecision(last)}`,
    ...section('Likely cause', explainCause(last, dev).flatMap(showCause)),
    ...section('Evidence', last.evidence.map(showEntry)),
    ...now,
    ...section('Since then', journal.since.map(showEntry)),
    ...section('Earlier', journal.decisions.slice(0, -1).reverse().map(showEarlier)),
    ...[...former].reverse().flatMap(showFormer),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

const showCause = ({ sentence, hints }: Cause): string[] => [sentence, ...hints.map((hint) => `  - ${hint}`)];

// By the monotonic clock: the wall clock may have been set in between.
function age({ at }: Decision, { takenAt }: Journal): string {
  const millis = Math.floor(elapsed(at.at, takenAt.at) / 1000);
  return showAge((takenAt.wall - millis) as WallTime, takenAt.wall);
}

/** `BACKUP → MASTER: no advert from 10.0.0.2 for 3.610 s (limit 3.609 s = 3 × 1 s + skew 0.609 s)`. */
function showDecision({ from, to, because, evidence }: Decision): string {
  return `${from} → ${to}: ${withLimit(because, evidence)}`;
}

const showEarlier = (decision: Decision): string =>
  `${showMoment(decision.at.wall)}  ${showDecision(decision)}`;

/** The last decision with its evidence: the one after it was only that a successor went on. */
function showFormer({ until, decisions }: FormerDecisions): string[] {
  const [last, ...earlier] = [...decisions].reverse();
  if (last === undefined) return [];
  return section(`vrrp process restarted ${showMoment(until)}; before that`, [
    showEarlier(last),
    ...last.evidence.map((entry) => `  ${showEntry(entry)}`),
    ...earlier.map(showEarlier),
  ]);
}

/** Says what a limit is made of, where that is known to be this limit. */
function withLimit(because: string, evidence: readonly JournalEntry[]): string {
  for (const { fact } of evidence) {
    if (fact.kind !== 'deadline' || fact.made === null) continue;
    const { adverts, interval, skew } = fact.made;
    const limit = `(limit ${showSeconds(micros(adverts * interval + skew))}`;
    if (because.includes(limit)) {
      return because.replace(limit, `${limit} = ${showMade(fact.made)}`);
    }
  }
  return because;
}
