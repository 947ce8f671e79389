import { microsToMillis } from '../../base/units.ts';
import type {
  TrackersConfig,
  TrackFileConfig,
  TrackProcessConfig,
  TrackScriptConfig,
} from '../../model/tracking.ts';
import { mistake, warning } from '../diagnostic.ts';
import type { WrittenFile } from '../schema/file.ts';
import type { WrittenTrack } from '../schema/track.ts';
import type { WrittenProcess, WrittenScript, WrittenTrackFile } from '../schema/trackers.ts';
import { composeBfd } from './bfd.ts';
import { type Say, under } from './say.ts';
import type { Weight, Weights } from './tracks.ts';

type Written = Pick<WrittenFile, 'track_scripts' | 'track_files' | 'track_processes' | 'bfd'>;

const composed = <T, Of>(
  section: keyof Written,
  all: Readonly<Record<string, T>>,
  compose: (name: string, written: T, say: Say) => Of,
  say: Say,
): readonly Of[] =>
  Object.entries(all).map(([name, written]) => compose(name, written, under(say, section, name)));

/** Everything that instances may follow besides interfaces. */
export const composeTrackers = (written: Written, say: Say): TrackersConfig => ({
  scripts: composed('track_scripts', written.track_scripts, composeScript, say),
  files: composed('track_files', written.track_files, composeFile, say),
  processes: composed('track_processes', written.track_processes, composeProcess, say),
  bfd: composed('bfd', written.bfd, composeBfd, say),
});

/** The weights that trackers have of their own. */
export const weightsOf = (written: Written): Weights => ({
  script: byName(written.track_scripts),
  file: byName(written.track_files),
  process: byName(written.track_processes),
  bfd: byName(written.bfd),
});

const byName = (all: Readonly<Record<string, Weight>>): ReadonlyMap<string, Weight> =>
  new Map(Object.entries(all).map(([name, { weight, reverse }]) => [name, { weight, reverse }]));

function composeScript(name: string, written: WrittenScript, say: Say): TrackScriptConfig {
  const { script: argv, interval, timeout = interval, user, group, rise, fall } = written;
  if (group !== undefined && user === undefined) {
    say(['group'], mistake('missing_key', 'a "group" needs the "user" beside it'));
  }
  return {
    name,
    command: { argv, user: user ?? null, group: group ?? null },
    interval: microsToMillis(interval),
    timeout: microsToMillis(timeout),
    rise,
    fall,
    initFail: written.init_fail,
  };
}

function composeFile(name: string, written: WrittenTrackFile, say: Say): TrackFileConfig {
  const { file: path, init_file: value, overwrite } = written;
  if (overwrite && value === undefined) {
    say(['overwrite'], mistake('conflicting_keys', '"overwrite" needs an "init_file"'));
  }
  return { name, path, init: value === undefined ? null : { value, overwrite } };
}

function composeProcess(name: string, written: WrittenProcess, say: Say): TrackProcessConfig {
  const { process: command, quorum_max: most } = written;
  const quorum = written.quorum ?? (most === 0 ? 0 : 1);
  const hasArguments = command.length > 1;
  const match = written.param_match ?? (hasArguments ? 'exact' : 'any');
  if (hasArguments && match === 'any') {
    const text = 'any looks at the name alone, but there are arguments to compare';
    say(['param_match'], mistake('conflicting_keys', text, { allowed: ['exact', 'initial', 'partial'] }));
  }
  if (most !== undefined && most < quorum) {
    say(['quorum_max'], mistake('out_of_range', `this is below the quorum of ${quorum}`));
  }
  return {
    name,
    command,
    // Without arguments to compare, any of the ways to compare them asks for a process that has none.
    match: hasArguments || match === 'any' ? match : 'exact',
    fullCommand: written.full_command,
    quorum,
    quorumMax: most ?? null,
    forkDelay: microsToMillis(written.fork_delay),
    terminateDelay: microsToMillis(written.terminate_delay),
  };
}

/** Reports scripts and processes that nobody follows: they are looked at for nothing. */
export function sayUnused({ scripts, processes }: TrackersConfig, tracks: readonly WrittenTrack[], say: Say) {
  const followed = new Set(tracks.map(({ kind, name }) => `${kind} ${name}`));
  for (const { name } of scripts) {
    if (followed.has(`script ${name}`)) continue;
    say(['track_scripts', name], warning('unused_tracker', `no instance follows the script ${name}`));
  }
  for (const { name } of processes) {
    if (followed.has(`process ${name}`)) continue;
    say(['track_processes', name], warning('unused_tracker', `no instance follows the process ${name}`));
  }
}
