import type { TrackerKind } from '../../model/tracking.ts';
import type { WrittenBfd } from '../schema/bfd.ts';
import type { WrittenFile } from '../schema/file.ts';
import type { WrittenProcess, WrittenScript, WrittenTrackFile } from '../schema/trackers.ts';
import { readBfd } from './compose-bfd.ts';
import type { Mark } from './compose-marks.ts';
import { calledIn, type Listed, newList, readNamed, valuesOf } from './compose-named.ts';
import type { Reader, Readers, Scope } from './compose-scope.ts';
import type { Called } from './compose-track.ts';
import { newTracker, readProcess, readScript, readTrackFile, type TrackerDraft } from './compose-trackers.ts';
import type { Statement } from './statement.ts';

/** What instances may follow besides interfaces. */
export interface Trackers {
  readonly scripts: Listed<WrittenScript>;
  readonly files: Listed<WrittenTrackFile>;
  readonly processes: Listed<WrittenProcess>;
  readonly bfd: Listed<WrittenBfd>;
}

export const newTrackers = (root: Mark): Trackers => ({
  scripts: newList('track_scripts', root),
  files: newList('track_files', root),
  processes: newList('track_processes', root),
  bfd: newList('bfd', root),
});

const named =
  <T>(
    listOf: (trackers: Trackers) => Listed<T>,
    readOne: (statement: Statement, draft: TrackerDraft, scope: Scope) => T | null,
  ): Reader<Trackers> =>
  (statement, trackers, scope) =>
    readNamed(statement, listOf(trackers), scope, (_name, within) => {
      const draft = newTracker(statement, within, scope);
      return { value: readOne(statement, draft, within), mark: draft.mark };
    });

const file = named(({ files }) => files, readTrackFile);

/** The blocks outside of any other that can be followed. */
export const TRACKER_READERS: Readers<Trackers> = {
  vrrp_script: named(({ scripts }) => scripts, readScript),
  track_file: file,
  vrrp_track_file: file,
  vrrp_track_process: named(({ processes }) => processes, readProcess),
  bfd_instance: named(({ bfd }) => bfd, readBfd),
};

export const calledOf = ({ scripts, files, processes, bfd }: Trackers): Called =>
  new Map<TrackerKind, ReadonlyMap<string, string | null>>([
    ['script', calledIn(scripts)],
    ['file', calledIn(files)],
    ['process', calledIn(processes)],
    ['bfd', calledIn(bfd)],
  ]);

/** What YAML would say. */
export const finishTrackers = ({ scripts, files, processes, bfd }: Trackers) =>
  ({
    track_scripts: Object.fromEntries(valuesOf(scripts)),
    track_files: Object.fromEntries(valuesOf(files)),
    track_processes: Object.fromEntries(valuesOf(processes)),
    bfd: Object.fromEntries(valuesOf(bfd)),
  }) satisfies Partial<WrittenFile>;
