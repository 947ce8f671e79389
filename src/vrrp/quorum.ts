import type { Ip } from '../base/ip.ts';
import { type Instant, later, type Micros, micros, seconds } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import { type Grant, type GrantVerdict, newsKey, type RouterNews } from '../wire/heartbeat.ts';
import { leaseSeconds } from './lease.ts';

/** What one witness has been asked for and has answered. */
export interface Wishes {
  /** Messages that it may still answer, the oldest first. */
  readonly sent: readonly SentWish[];
  /** What it has said of each virtual router that it is asked for. */
  readonly words: ReadonlyMap<string, WitnessWord>;
}

interface SentWish {
  readonly sequence: bigint;
  readonly at: Instant;
  /** Lengths of the grants that it asks for. */
  readonly wants: ReadonlyMap<string, Micros>;
}

export interface WitnessWord {
  /** `none`: it has heard the wish and says nothing to it, because it is no witness for this router. */
  readonly verdict: GrantVerdict | 'none';
  /** Until then it grants it to nobody else; null for no grant. */
  readonly until: Instant | null;
}

/** What an instance knows of one of its witnesses. */
export interface WitnessView {
  /** Address of the witness on the path. */
  readonly path: Ip;
  readonly routerId: string | null;
  /** The path is alive. */
  readonly isHeard: boolean;
  readonly interval: Micros;
  /** Null while nothing has been asked or answered. */
  readonly word: WitnessWord | null;
}

export const NO_WISHES: Wishes = { sent: [], words: new Map() };

/** Of its messages a router remembers so many: a heartbeat is answered within a few. */
const REMEMBERED = 64;
/** What the clocks of the holder and of the witness may differ, twice 1 %. */
const DRIFT = 0.02;
/** A holder that is heard by no witness goes on for at least that long. */
const LEAST_PATIENCE = seconds(1);
/** The kernel looks for lifetimes that have ended once a second (up to 0.99 s late on Linux 6.18), and 0.1 s for the removal. */
const REMOVAL = seconds(1.1);

/** A message has been sent to the witness. What it does not want any more it has given back: nothing older counts. */
export function wished(
  { sent, words }: Wishes,
  sequence: bigint,
  routers: readonly RouterNews[],
  now: Instant,
): Wishes {
  const wants = new Map(routers.flatMap((one) => (one.wants > 0 ? [[newsKey(one), one.wants]] : [])));
  const still = (known: SentWish): SentWish => ({
    ...known,
    wants: new Map([...known.wants].filter(([key]) => wants.has(key))),
  });
  return {
    sent: [...sent.slice(1 - REMEMBERED).map(still), { sequence, at: now, wants }],
    words: new Map([...words].filter(([key]) => wants.has(key))),
  };
}

/** The witness has answered the message with the number `answers`. */
export function heardGrants(wishes: Wishes, answers: bigint, grants: readonly Grant[]): Wishes {
  const asked = wishes.sent.find(({ sequence }) => sequence === answers);
  if (asked === undefined) return wishes;
  const verdicts = new Map(grants.map((grant) => [newsKey(grant), grant.verdict]));
  const words = new Map(wishes.words);
  for (const [key, length] of asked.wants) {
    const verdict = verdicts.get(key) ?? 'none';
    const before = words.get(key)?.until ?? null;
    // Counted from the sending, so that it ends before the witness thinks that it does.
    const granted = later(asked.at, micros(length * (1 - DRIFT)));
    const until = verdict === 'yours' ? latest(before, granted) : verdict === 'not_yet' ? before : null;
    words.set(key, { verdict, until });
  }
  return { sent: wishes.sent.filter(({ sequence }) => sequence >= answers), words };
}

const latest = (a: Instant | null, b: Instant): Instant => (a !== null && a > b ? a : b);

/** How many of so many witnesses are a majority: any fewer could be had twice. */
export const majority = (witnesses: number): number => Math.floor(witnesses / 2) + 1;

/**
 * How long the addresses may outlive the last advert: their lease, and what the kernel is late. A holder that stands
 * still has lost them by the end of its grants if it has not renewed them for that long.
 */
function outlives(config: InstanceConfig): Micros {
  const lease = leaseSeconds(config);
  return lease === null ? micros(0) : micros(seconds(lease) + REMOVAL);
}

/** How long a master goes on that no witness answers any more. */
export function patience(witnesses: readonly WitnessView[]): Micros {
  return micros(Math.max(LEAST_PATIENCE, 4 * Math.max(0, ...witnesses.map(({ interval }) => interval))));
}

/** The length of a grant that an instance asks for, in whole milliseconds. */
export function grantLength(config: InstanceConfig, witnesses: readonly WitnessView[]): Micros {
  const whole = (outlives(config) + patience(witnesses)) / (1 - DRIFT);
  return micros(Math.ceil(whole / 1000) * 1000);
}

/**
 * Until when a majority of the witnesses grants it to this router, less the time that its addresses may stay after that:
 * it renews them until then and not longer. Null where there is no majority.
 */
export function quorumEnd(config: InstanceConfig, witnesses: readonly WitnessView[]): Instant | null {
  const ends = witnesses.flatMap(({ word }) => word?.until ?? []).sort((a, b) => b - a);
  const end = ends[majority(witnesses.length) - 1];
  return end === undefined ? null : later(end, micros(-outlives(config)));
}

export const hasQuorum = (config: InstanceConfig, witnesses: readonly WitnessView[], now: Instant): boolean =>
  now < (quorumEnd(config, witnesses) ?? now);
