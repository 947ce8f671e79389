import type { TrackerKind } from '../../model/tracking.ts';
import { deviceName } from '../schema/scalars.ts';
import type { WrittenTrack } from '../schema/track.ts';
import type { Draft } from './compose-draft.ts';
import { Mark } from './compose-marks.ts';
import { enterLines, markOf, type Reader, type Readers, type Scope } from './compose-scope.ts';
import { readWord, saySurplus, schemed } from './compose-values.ts';
import { readWeight } from './compose-weight.ts';
import type { Statement } from './statement.ts';

/** A block that follows trackers: an instance or a sync group. Trackers are called as the file calls them. */
export interface Tracking extends Draft {
  readonly track: WrittenTrack[];
}

const tracks =
  (kind: TrackerKind): Reader<Tracking> =>
  (statement, draft, scope) => {
    saySurplus(statement, scope, 1);
    const { inside } = draft.mark;
    const mark = inside.get('track') ?? markOf(scope, statement);
    inside.set('track', mark);
    const within = enterLines(scope, statement);
    for (const line of statement.block ?? []) {
      const track = readTrack(line, kind, within);
      if (track === null) draft.broken.add('track');
      else {
        const [word] = line.words;
        mark.inside.set(draft.track.length, new Mark(word, within));
        draft.track.push(track);
      }
    }
  };

/** `track_interface` and its like. */
export const TRACK_READERS: Readers<Tracking> = {
  track_interface: tracks('interface'),
  track_script: tracks('script'),
  track_file: tracks('file'),
  track_process: tracks('process'),
  track_bfd: tracks('bfd'),
};

/** `NAME [weight N [reverse]]` */
function readTrack(line: Statement, kind: TrackerKind, scope: Scope): WrittenTrack | null {
  const [word] = line.words;
  const name = kind === 'interface' ? readWord(word, line, scope, schemed(deviceName))?.value : word.text;
  const weight = readWeight(line, 1, kind, scope);
  return name === undefined || weight === null ? null : { kind, name, ...weight };
}

/** What trackers of a kind are called here, by what the file calls them; null for those with errors. */
export type Called = ReadonlyMap<TrackerKind, ReadonlyMap<string, string | null>>;

/** The trackers by the names that they have here, without those that have errors of their own. */
export const finishTracks = (track: readonly WrittenTrack[], called: Called): WrittenTrack[] =>
  track.flatMap((each) => {
    const name = called.get(each.kind)?.get(each.name);
    return name === null ? [] : [{ ...each, name: name ?? each.name }];
  });
