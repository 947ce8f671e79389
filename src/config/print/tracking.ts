import type { NotifyConfig } from '../../model/notify.ts';
import type { ScriptCommand } from '../../model/script.ts';
import type { Track } from '../../model/tracking.ts';
import { type Argv, printCommandLine } from '../command-line.ts';
import { listUnlessEmpty, someOf, unless } from './common.ts';

/** What a tracker's weight is that has none of its own. */
export const usualWeight = ({ kind }: Pick<Track, 'kind'>): number => (kind === 'file' ? 1 : 0);

/** The keys `track` and `notify` of an instance or a group. */
export const writeTracking = ({ tracks, notify }: { tracks: readonly Track[]; notify: NotifyConfig }) => ({
  track: listUnlessEmpty(tracks.map(writeTrack)),
  notify: writeNotify(notify),
});

const writeTrack = (track: Track) => ({
  [track.kind]: track.name,
  weight: unless(usualWeight(track), track.weight),
  reverse: unless(false, track.reverse),
});

const writeNotify = (notify: NotifyConfig) =>
  someOf({
    master: writeCommand(notify.master),
    backup: writeCommand(notify.backup),
    fault: writeCommand(notify.fault),
    stop: writeCommand(notify.stop),
    deleted: writeCommand(notify.deleted) ?? unless(false, notify.saysDeleted),
    lower_priority: writeCommand(notify.lowerPriority),
    all: writeCommand(notify.all),
    mail: unless(false, notify.mail),
    priority_changes: unless(false, notify.priorityChanges),
  });

export const writeArgv = (argv: Argv): string | string[] => printCommandLine(argv) ?? [...argv];

export function writeCommand(command: ScriptCommand | null) {
  if (command === null) return undefined;
  const { argv, user, group } = command;
  return user === null ? writeArgv(argv) : { command: writeArgv(argv), user, group: group ?? undefined };
}
