import type { Micros, WallTime } from '../base/units.ts';
import type { DeadlineName, JournalEntry, JournalFact, MasterDown } from '../model/journal.ts';
import { showIsoTime } from './time.ts';

/** `3.610 s`. */
export const showSeconds = (time: Micros): string => `${(time / 1e6).toFixed(3)} s`;

/** `2026-11-21 14:02:11.412Z`. */
export const showMoment = (at: WallTime): string => showIsoTime(at).replace('T', ' ');

/** What a master-down time is made of: `3 × 1 s + skew 0.609 s`; after a resignation the skew alone. */
export const showMade = ({ adverts, interval, skew }: MasterDown): string =>
  `${adverts === 0 ? '' : `${adverts} × ${interval / 1e6} s + `}skew ${showSeconds(skew)}`;

/** A line for people: when, what, and of a run how often and in which rhythm. */
export function showEntry(entry: JournalEntry): string {
  const { fact, count, first, last } = entry;
  return `${showMoment(last.wall)}  ${showFact(fact)}${
    count === 1 ? '' : `; ${count} times since ${showMoment(first.wall)}${showRhythm(entry)}`
  }`;
}

function showRhythm({ leastGap, mostGap }: JournalEntry): string {
  if (leastGap === null || mostGap === null) return '';
  const [least, most] = [showSeconds(leastGap), showSeconds(mostGap)];
  return least === most ? `, ${least} apart` : `, ${least.slice(0, -2)} to ${most} apart`;
}

const DEADLINES: Readonly<Record<DeadlineName, string>> = {
  master_down: 'waits for the next advert',
  preempt_delay: 'leaves a master of lower priority in its place',
  lease: 'the kernel lends it the addresses anew with each advert',
  handover: 'waits for its successor',
};

function showFact(fact: JournalFact): string {
  switch (fact.kind) {
    case 'heard': {
      const what = fact.priority === 0 ? 'which resigned' : `priority ${fact.priority}`;
      const list = fact.addressListDiffers ? ', with another list of addresses than ours' : '';
      const rate = fact.intervalDiffers ? `, with another interval than ours (${fact.interval / 100} s)` : '';
      return `heard ${fact.source}, ${what}${list}${rate}`;
    }
    case 'refused': {
      const told = fact.told === null ? '' : ` (${fact.told})`;
      const source = fact.source ?? 'an unreadable source';
      return `refused an advert from ${source}: ${fact.refusal}${told}`;
    }
    case 'sent':
      return fact.priority === 0 ? 'resigned (sent priority 0)' : `sent an advert, priority ${fact.priority}`;
    case 'deadline':
      return `${DEADLINES[fact.what]}${fact.made === null ? '' : ` for ${showMade(fact.made)}`}`;
    case 'priority':
      return `priority ${fact.from} → ${fact.to}: ${fact.because}`;
    case 'fault':
      return `fault: ${fact.because}`;
    case 'recovered':
      return 'can serve again';
    case 'claimed':
      return `${fact.mac} says that ${fact.address} is its own`;
    case 'probed':
      return `${fact.what}: ${fact.found}`;
    case 'late':
      return `the loop acted ${showSeconds(fact.by)} late`;
  }
}
