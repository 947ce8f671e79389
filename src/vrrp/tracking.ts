import type { InstanceConfig } from '../model/config.ts';
import { fileContribution } from '../model/file-contribution.ts';
import type { TrackStatus } from '../model/status.ts';
import type { Track, TrackerHealth, TrackerKind } from '../model/tracking.ts';
import { PRIORITY_OWNER } from '../wire/vrrp.ts';

/** What a tracker says now: its health, or the number in its file. */
export interface Trackers {
  health(kind: Exclude<TrackerKind, 'file'>, name: string): TrackerHealth;
  value(file: string): number;
}

/** What the trackers of an instance make of it. */
export interface Standing {
  /** 1–254, or 255 for the owner, whose priority nothing changes. */
  readonly priority: number;
  /** Why it cannot serve, as sentences; empty when it can. */
  readonly faults: readonly string[];
  /** What it should wait for before it begins to serve: trackers of weight 0 that have not told anything yet. */
  readonly pending: readonly string[];
  readonly tracks: readonly TrackStatus[];
}

const LEAST_PRIORITY = 1;
const MOST_PRIORITY = 254;
/** The contribution of a file is less than this, either way. */
const FILE_LIMIT = 254;

/**
 * What an instance follows: its own and those of its sync group. What both follow counts once, with the weight of the
 * group and the `reverse` of the instance, as keepalived 2.2.7 has it.
 */
export function mergeTracks(own: readonly Track[], group: readonly Track[]): readonly Track[] {
  const keyOf = ({ kind, name }: Track) => `${kind} ${name}`;
  const ofGroup = new Map(group.map((track) => [keyOf(track), track]));
  const known = new Set(own.map(keyOf));
  return [
    ...own.map((track) => ({ ...track, weight: ofGroup.get(keyOf(track))?.weight ?? track.weight })),
    ...group.filter((track) => !known.has(keyOf(track))),
  ];
}

/**
 * keepalived's arithmetic: each tracker adds its weight while it is good (positive weights) or takes it while it is bad
 * (negative ones); weight 0 makes a failure a fault. The sum is clamped at the end, not on the way.
 */
export function standing(
  config: Pick<InstanceConfig, 'priority'>,
  tracks: readonly Track[],
  trackers: Trackers,
): Standing {
  const shown = tracks.map((track) => showTrack(track, trackers));
  const faults = shown.flatMap((track) => (track.contributes === null ? [faultOf(track, trackers)] : []));
  const pending = shown
    .filter(({ health, weight }) => health === 'unknown' && weight === 0)
    .map(({ kind, name }) => `${NOUNS[kind]} ${name} has no result yet`);
  if (config.priority === PRIORITY_OWNER) {
    return { priority: PRIORITY_OWNER, faults, pending, tracks: shown };
  }
  const total = shown.reduce((sum, { contributes }) => sum + (contributes ?? 0), config.priority);
  return {
    priority: Math.min(MOST_PRIORITY, Math.max(LEAST_PRIORITY, total)),
    faults,
    pending,
    tracks: shown,
  };
}

function showTrack(track: Track, trackers: Trackers): TrackStatus {
  if (track.kind === 'file') {
    const contributes = fileContribution(track, trackers.value(track.name), FILE_LIMIT);
    return { ...track, health: contributes === null ? 'bad' : 'good', contributes };
  }
  const health = trackers.health(track.kind, track.name);
  return { ...track, health, contributes: contribution(track, health) };
}

/** Null for a fault. A tracker that tells nothing, or nothing yet, changes nothing. */
function contribution({ weight, reverse }: Track, health: TrackerHealth): number | null {
  if (health === 'unknown' || health === 'unusable') return 0;
  const isGood = (health === 'good') !== reverse;
  if (weight === 0) return isGood ? 0 : null;
  if (weight > 0) return isGood ? weight : 0;
  return isGood ? 0 : weight;
}

const NOUNS: Readonly<Record<TrackerKind, string>> = {
  interface: 'interface',
  script: 'script',
  file: 'file',
  process: 'process',
  bfd: 'BFD session',
};

function faultOf({ kind, name, health, reverse }: TrackStatus, trackers: Trackers): string {
  const noun = `${NOUNS[kind]} ${name}`;
  if (kind === 'file') return `${noun} says ${trackers.value(name)}`;
  const words = kind === 'interface' || kind === 'bfd' ? ['is up', 'is down'] : ['is good', 'fails'];
  return `${noun} ${(health === 'good' ? words[0] : words[1]) ?? ''}${reverse ? ' (reverse)' : ''}`;
}
