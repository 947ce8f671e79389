import { type Micros, type Millis, micros, millis, millisToMicros, seconds } from '../../base/units.ts';
import type {
  BfdConfig,
  TrackersConfig,
  TrackFileConfig,
  TrackProcessConfig,
  TrackScriptConfig,
} from '../../model/tracking.ts';
import { printDuration } from '../duration.ts';
import { microsUnless, millisUnless, named, unless } from './common.ts';
import { writeArgv } from './tracking.ts';

/** The keys of what instances may follow besides interfaces. Weights stand where it is followed. */
export const writeTrackers = ({ scripts, files, processes, bfd }: TrackersConfig) => ({
  track_scripts: named(scripts, writeScript),
  track_files: named(files, writeFile),
  track_processes: named(processes, writeProcess),
  bfd: named(bfd, writeBfd),
});

const NO_TIME: Millis = millis(0);
const A_SECOND: Millis = millis(1000);
/** keepalived's, in both directions. */
const USUAL_BFD_INTERVAL: Micros = micros(10_000);

const writeScript = ({ command, interval, timeout, rise, fall, initFail }: TrackScriptConfig) => ({
  script: writeArgv(command.argv),
  interval: millisUnless(A_SECOND, interval),
  timeout: timeout === interval ? undefined : printDuration(millisToMicros(timeout)),
  rise: unless(1, rise),
  fall: unless(1, fall),
  user: command.user ?? undefined,
  group: command.group ?? undefined,
  init_fail: unless(false, initFail),
});

const writeFile = ({ path, init }: TrackFileConfig) => ({
  file: path,
  init_file: init?.value,
  overwrite: unless(false, init?.overwrite ?? false),
});

const writeProcess = (tracker: TrackProcessConfig) => ({
  process: writeArgv(tracker.command),
  param_match: unless(tracker.command.length > 1 ? 'exact' : 'any', tracker.match),
  full_command: unless(false, tracker.fullCommand),
  quorum: unless(tracker.quorumMax === 0 ? 0 : 1, tracker.quorum),
  quorum_max: tracker.quorumMax ?? undefined,
  fork_delay: millisUnless(NO_TIME, tracker.forkDelay),
  terminate_delay: millisUnless(NO_TIME, tracker.terminateDelay),
});

const writeBfd = (session: BfdConfig) => ({
  neighbor_ip: session.neighbor,
  source_ip: session.source ?? undefined,
  min_rx: microsUnless(USUAL_BFD_INTERVAL, session.minRx),
  min_tx: microsUnless(USUAL_BFD_INTERVAL, session.minTx),
  idle_tx: microsUnless(seconds(1), session.idleTx),
  multiplier: unless(5, session.multiplier),
  passive: unless(false, session.passive),
  ttl: unless(255, session.ttl),
  max_hops: unless(0, session.maxHops),
  multihop: unless(false, session.multihop),
});
