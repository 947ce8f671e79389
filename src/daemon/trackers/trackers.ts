import type { Clock } from '../../base/clock.ts';
import type {
  TrackerStates,
  TrackersConfig,
  TrackFileConfig,
  TrackScriptConfig,
} from '../../model/tracking.ts';
import type { ScriptRules } from '../scripts/identity.ts';
import type { Say } from '../scripts/say.ts';
import { type FileTracker, watchFile } from './file-tracker.ts';
import { type OpenProcessEvents, trackProcesses } from './process-tracker.ts';
import { type ScriptTracker, watchScript } from './script-tracker.ts';

export interface TrackersDoor {
  readonly clock: Clock;
  readonly say: Say;
  readonly openProcessEvents: OpenProcessEvents;
}

export interface Trackers {
  /** What is followed from now on. A tracker that is the same as before keeps its state. */
  apply(trackers: TrackersConfig, scripts: ScriptRules): void;
  /** Numbers of files and counts of processes are known at once, results of scripts when there are some. */
  states(): TrackerStates;
  /** Resolves when no script runs any more: two seconds at most. */
  stop(): Promise<void>;
}

interface Followed<Config, Tracker> {
  readonly config: Config;
  readonly tracker: Tracker;
}

/**
 * Follows scripts, files and processes for the instances. `changed` is called when `states()` gives something new, once
 * for all that changed in a turn of the loop.
 */
export function createTrackers(door: TrackersDoor, changed: () => void): Trackers {
  let telling: NodeJS.Immediate | null = null;
  let stopped = false;
  const tell = () => {
    if (stopped) return;
    telling ??= setImmediate(() => {
      telling = null;
      changed();
    });
  };
  const within = { ...door, changed: tell };
  const processes = trackProcesses({ ...within, openEvents: door.openProcessEvents });
  const ending = new Set<Promise<void>>();
  let scripts = new Map<string, Followed<TrackScriptConfig, ScriptTracker>>();
  let files = new Map<string, Followed<TrackFileConfig, FileTracker>>();

  const end = (script: ScriptTracker) => {
    const gone = script.stop().finally(() => ending.delete(gone));
    ending.add(gone);
  };

  return {
    apply(trackers, scriptsConfig) {
      scripts = follow(
        scripts,
        trackers.scripts,
        (config) => watchScript(config, scriptsConfig, within),
        end,
      );
      for (const { tracker } of scripts.values()) tracker.reconfigure(scriptsConfig);
      files = follow(
        files,
        trackers.files,
        (config) => watchFile(config, within),
        (file) => file.stop(),
      );
      processes.apply(trackers.processes);
      tell();
    },
    states: () => ({
      scripts: mapValues(scripts, (script) => script.health()),
      files: mapValues(files, (file) => file.value()),
      processes: processes.states(),
    }),
    async stop() {
      stopped = true;
      if (telling !== null) clearImmediate(telling);
      processes.stop();
      for (const { tracker } of files.values()) tracker.stop();
      for (const { tracker } of scripts.values()) end(tracker);
      await Promise.all(ending);
    },
  };
}

/** Keeps what has the same configuration, ends the rest, then begins what is new. */
function follow<Config extends { readonly name: string }, Tracker>(
  before: ReadonlyMap<string, Followed<Config, Tracker>>,
  configs: readonly Config[],
  begin: (config: Config) => Tracker,
  end: (tracker: Tracker) => void,
): Map<string, Followed<Config, Tracker>> {
  const kept = new Map(
    configs.flatMap((config): [string, Followed<Config, Tracker>][] => {
      const known = before.get(config.name);
      return known !== undefined && JSON.stringify(known.config) === JSON.stringify(config)
        ? [[config.name, known]]
        : [];
    }),
  );
  for (const [name, { tracker }] of before) if (!kept.has(name)) end(tracker);
  return new Map(
    configs.map((config) => [config.name, kept.get(config.name) ?? { config, tracker: begin(config) }]),
  );
}

const mapValues = <Config, Tracker, Value>(
  followed: ReadonlyMap<string, Followed<Config, Tracker>>,
  value: (tracker: Tracker) => Value,
): Record<string, Value> =>
  Object.fromEntries([...followed].map(([name, { tracker }]) => [name, value(tracker)]));
