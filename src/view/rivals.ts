import { centisToMicros, elapsed } from '../base/units.ts';
import type { Journal, JournalEntry } from '../model/journal.ts';

/** What was seen longer ago than this is over, unless adverts come even more slowly. */
const PRESENT = 10_000_000;
const INTERVALS = 3;
/** More of them are no more news: `why` has them all. */
const MOST = 3;

/**
 * Signs of a second master now, for one that is master itself, as a sentence; null where there are none. A single
 * advert is none: the last word of a master that yields may cross ours.
 */
export function showRivals({ since, takenAt }: Journal): string | null {
  const signs = since.flatMap((entry) => {
    const sign = signOf(entry);
    return sign === null || elapsed(entry.last.at, takenAt.at) >= presentOf(entry) ? [] : [sign];
  });
  const more = signs.length > MOST ? [`${signs.length - MOST} more`] : [];
  return signs.length === 0 ? null : [...signs.slice(-MOST), ...more].join('; ');
}

function signOf({ fact, count }: JournalEntry): string | null {
  switch (fact.kind) {
    case 'heard':
      if (fact.priority === 0 || count < 2) return null;
      return `${fact.source} advertises too (priority ${fact.priority})`;
    case 'claimed':
      return `${fact.mac} says that ${fact.address} is its own`;
    default:
      return null;
  }
}

const presentOf = ({ fact }: JournalEntry): number =>
  fact.kind === 'heard' ? Math.max(PRESENT, INTERVALS * centisToMicros(fact.interval)) : PRESENT;
