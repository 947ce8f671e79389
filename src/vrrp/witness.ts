import { elapsed, type Instant, later, type Micros } from '../base/units.ts';
import { type Grant, newsKey, type RouterNews } from '../wire/heartbeat.ts';

/**
 * Whom a witness has granted which virtual router.
 *
 * At most one router has a grant at any time, as long as clocks differ in speed by less than 2 % and all routers of a
 * key want it for the same length of time:
 *
 * - The witness counts a grant from when it hears the wish, the holder from when it sent it, and 2 % less: by the time
 *   that the witness thinks of another, the holder has ceased to count on it.
 * - A holder that gives it back says so in a message that is newer than any wish that it still counts on.
 * - A witness that was restarted does not know whom its former self granted it. It grants nobody for the length that is
 *   wanted; by then what the former self has granted is over. But it believes a router which says that it has such a
 *   grant: that was said to this life of the witness, so after the former one ended, and of all that the former one
 *   granted only the last can have lasted until then.
 */
export interface Witness {
  /** When it began: before that a former self may have granted something. */
  readonly startedAt: Instant;
  readonly entries: ReadonlyMap<string, WitnessEntry>;
}

/** The last grant of one virtual router. */
export interface WitnessEntry extends Pick<RouterNews, 'family' | 'vrid' | 'address'> {
  /** The path that it was granted on. */
  readonly holder: string;
  /** Not the holder's any more from then on. */
  readonly until: Instant;
  readonly length: Micros;
}

export const newWitness = (startedAt: Instant): Witness => ({ startedAt, entries: new Map() });

/**
 * A message on the path `from`, and what it is answered: a verdict for each virtual router that it wants. What it
 * does not want it gives back.
 */
export function stepWitness(
  { startedAt, entries: before }: Witness,
  from: string,
  routers: readonly RouterNews[],
  now: Instant,
): { readonly witness: Witness; readonly grants: readonly Grant[] } {
  const age = elapsed(startedAt, now);
  const entries = new Map([...before].filter(([, { until, length }]) => until > now || age < length));
  const grants: Grant[] = [];
  for (const news of routers) {
    const { family, vrid, address, wants } = news;
    const key = newsKey(news);
    const entry = entries.get(key);
    const isOwn = entry?.holder === from;
    if (wants === 0) {
      if (entry !== undefined && isOwn) entries.set(key, { ...entry, until: now });
      continue;
    }
    const isFree = entry === undefined ? age >= wants || news.hasGrant : isOwn || entry.until <= now;
    if (isFree) {
      const until = later(now, wants);
      const latest = entry !== undefined && isOwn && entry.until > until ? entry.until : until;
      entries.set(key, { family, vrid, address, holder: from, until: latest, length: wants });
    }
    const verdict = isFree ? 'yours' : entry === undefined ? 'not_yet' : 'another';
    grants.push({ family, vrid, address, verdict });
  }
  return { witness: { startedAt, entries }, grants };
}

/** Who has what now. */
export const holders = ({ entries }: Witness, now: Instant): readonly WitnessEntry[] =>
  [...entries.values()].filter(({ until }) => until > now);
