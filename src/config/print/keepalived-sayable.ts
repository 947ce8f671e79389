import type { Config, InstanceConfig, SyncGroupConfig } from '../../model/config.ts';
import type { Track, TrackersConfig } from '../../model/tracking.ts';
import type { Leave } from './keepalived-lines.ts';
import { quote, quoteCommand } from './keepalived-words.ts';

export interface Sayable {
  readonly trackers: TrackersConfig;
  readonly instances: readonly InstanceConfig[];
  readonly syncGroups: readonly SyncGroupConfig[];
}

/** The trackers that keepalived can be told of, and who follows them without the others. */
export function sayable({ trackers, instances, syncGroups }: Config, leave: Leave): Sayable {
  const unsaid = new Set<string>();
  const split = <T extends { readonly name: string }>(
    kind: string,
    section: string,
    items: readonly T[],
    isSaid: (item: T) => boolean,
  ): readonly T[] =>
    items.filter((item) => {
      if (isSaid(item)) return true;
      const { name } = item;
      unsaid.add(`${kind} ${name}`);
      const text = `${kind} ${name}: keepalived cannot quote it, and nobody follows it`;
      leave({ path: [section, name], text });
      return false;
    });
  const said: TrackersConfig = {
    scripts: split(
      'script',
      'track_scripts',
      trackers.scripts,
      ({ command }) => quoteCommand(command.argv) !== null,
    ),
    files: split('file', 'track_files', trackers.files, ({ path }) => quote(path) !== null),
    processes: split('process', 'track_processes', trackers.processes, ({ command }) =>
      command.every((word) => quote(word) !== null),
    ),
    bfd: trackers.bfd,
  };
  const follow = <T extends { readonly tracks: readonly Track[] }>(one: T): T => ({
    ...one,
    tracks: one.tracks.filter(({ kind, name }) => !unsaid.has(`${kind} ${name}`)),
  });
  return { trackers: said, instances: instances.map(follow), syncGroups: syncGroups.map(follow) };
}
