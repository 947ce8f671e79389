import type { Track, TrackerKind } from '../../model/tracking.ts';
import { mistake, warning } from '../diagnostic.ts';
import type { Suggest } from '../nearest.ts';
import type { WrittenTrack } from '../schema/track.ts';
import type { Say } from './say.ts';

/** A tracker's own weight, for whoever gives none. */
export interface Weight {
  readonly weight: number;
  readonly reverse: boolean;
}

/** The trackers of a configuration, by kind and name. */
export type Weights = Readonly<Record<Exclude<TrackerKind, 'interface'>, ReadonlyMap<string, Weight>>>;

/** Why nothing of its own may change an instance's priority: it is an owner's, or members of a group share their fate. */
export type Obstacle = 'owner' | 'group' | null;

const BECAUSE: Readonly<Record<NonNullable<Obstacle>, string>> = {
  owner: 'the priority 255 of an owner never changes',
  group: 'members of a sync group have fixed priorities without sync_group_tracking_weight',
};
export const TRACKER_NOUNS: Readonly<Record<TrackerKind, string>> = {
  interface: 'interface',
  script: 'script',
  file: 'file',
  process: 'process',
  bfd: 'BFD session',
};
/** keepalived's default: it tells a weight that nobody thought about from one that was meant. */
const USUAL_FILE_WEIGHT = 1;
const NO_WEIGHT: Weight = { weight: 0, reverse: false };

/**
 * What an instance or group follows. Where an `obstacle` fixes priorities, weights are treated as by keepalived 2.2.7:
 * some make the tracker a fault, others make it go; each is said. `say` takes paths below the list.
 */
export function composeTracks(
  written: readonly WrittenTrack[],
  weights: Weights,
  obstacle: Obstacle,
  suggest: Suggest,
  say: Say,
): readonly Track[] {
  const known = new Set<string>();
  return written.flatMap((track, i): readonly Track[] => {
    const { kind, name } = track;
    const own = kind === 'interface' ? NO_WEIGHT : weights[kind].get(name);
    if (own === undefined) {
      const names = kind === 'interface' ? [] : weights[kind].keys();
      const text = `there is no ${TRACKER_NOUNS[kind]} "${name.slice(0, 60)}" to follow`;
      say([i], mistake('unknown_name', text, { suggestion: suggest(name, names) }));
      return [];
    }
    const key = `${kind} ${name}`;
    if (known.has(key)) {
      const text = `the ${TRACKER_NOUNS[kind]} ${name} is followed already, and the first entry counts`;
      say([i], warning('overridden', text));
      return [];
    }
    known.add(key);
    const { weight = own.weight, reverse = own.reverse } = track;
    const allowed = obstacle === null ? weight : allowedWeight(kind, weight, obstacle);
    if (obstacle !== null && allowed !== weight) {
      const what =
        allowed === null ? 'it is not followed' : 'the weight is taken for 0, which makes a failure a fault';
      const text = `${TRACKER_NOUNS[kind]} ${name} with weight ${weight}: ${what}, as ${BECAUSE[obstacle]}`;
      say([i], warning('weight_ignored', text));
    }
    return allowed === null ? [] : [{ kind, name, weight: allowed, reverse }];
  });
}

/** The weight that counts, or null for a tracker that is not followed. */
function allowedWeight(kind: TrackerKind, weight: number, obstacle: NonNullable<Obstacle>): number | null {
  if (weight === 0) return 0;
  if (kind === 'file') return weight === USUAL_FILE_WEIGHT ? 0 : null;
  // keepalived 2.2.7 forgets processes here; nothing changes the priority of an owner anyway.
  if (kind === 'process') return weight;
  return kind === 'interface' && obstacle === 'group' ? 0 : null;
}
