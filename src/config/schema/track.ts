import { z } from 'zod';
import { err, ok, type Result } from '../../base/result.ts';
import type { TrackerKind } from '../../model/tracking.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { deviceName, objectName, parsed, wholeNumber } from './scalars.ts';

export const TRACKER_KINDS = [
  'interface',
  'script',
  'file',
  'process',
  'bfd',
] as const satisfies TrackerKind[];

/** How much a tracker of a kind may change a priority, up or down: keepalived's limits. */
export const MOST_WEIGHT: Readonly<Record<TrackerKind, number>> = {
  interface: 253,
  script: 253,
  file: 254,
  process: 254,
  bfd: 253,
};

/** What an instance or group follows; without a weight, as the tracker has it. */
export interface WrittenTrack {
  readonly kind: TrackerKind;
  readonly name: string;
  readonly weight: number | undefined;
  readonly reverse: boolean | undefined;
}

const mapping = z.strictObject({
  interface: deviceName.optional().describe('An interface'),
  script: objectName.optional().describe('One of track_scripts'),
  file: objectName.optional().describe('One of track_files'),
  process: objectName.optional().describe('One of track_processes'),
  bfd: objectName.optional().describe('One of bfd'),
  weight: wholeNumber(-254, 254)
    .optional()
    .describe(
      "Above 0 it is added to the priority while the tracker is good, below 0 taken while it is bad; 0 makes a failure a fault; the tracker's weight unless given, 0 for an interface",
    ),
  reverse: z.boolean().optional().describe('Good and bad change places'),
});

/** Keys of whatever follows trackers: an instance or a sync group. */
export const TRACK_KEYS = {
  track: z
    .array(parsed(mapping, trackOf))
    .prefault([])
    .describe('What it follows: interfaces, scripts, files, processes and BFD sessions'),
};

function trackOf(written: z.output<typeof mapping>): Result<WrittenTrack, Problem> {
  const [kind, ...others] = TRACKER_KINDS.filter((each) => written[each] !== undefined);
  const name = kind === undefined ? undefined : written[kind];
  if (kind === undefined || name === undefined) {
    return err(mistake('missing_key', 'this follows nothing', { allowed: TRACKER_KINDS }));
  }
  if (others.length > 0) {
    const text = `an entry follows one thing, not ${[kind, ...others].join(' and ')}`;
    return err(mistake('conflicting_keys', text));
  }
  const { weight, reverse } = written;
  if (weight !== undefined && Math.abs(weight) > MOST_WEIGHT[kind]) {
    const most = MOST_WEIGHT[kind];
    return err(mistake('out_of_range', `the weight ${weight} is out of range: ${-most} to ${most}`));
  }
  return ok({ kind, name, weight, reverse });
}
