import { type Micros, micros, seconds } from '../../base/units.ts';

import { type Argv, parseCommandLine } from '../command-line.ts';
import { mistake, warning } from '../diagnostic.ts';
import type { WrittenProcess, WrittenScript, WrittenTrackFile } from '../schema/trackers.ts';
import { type Account, path, readAccount } from './compose-command.ts';
import { Broken, type Draft, into } from './compose-draft.ts';
import { Mark } from './compose-marks.ts';
import { markOf, type Reader, type Readers, readBlock, type Scope } from './compose-scope.ts';
import { DAY, duration, oneOf, read, readWord, sayAt, saySurplus, wholeNumber } from './compose-values.ts';
import { type GivenWeight, readWeight } from './compose-weight.ts';
import type { Statement } from './statement.ts';

const MOST_IN_A_ROW = 2_147_483_647;
const ONCE_A_SECOND = seconds(1);
const MILLISECOND = 1000;

/** A tracker with a name as it is being read. */
export interface TrackerDraft extends Draft {
  readonly weight: GivenWeight;
}

export const newTracker = (statement: Statement, scope: Scope, file: Scope) => ({
  mark: new Mark(markOf(file, statement).at, scope),
  broken: new Broken(),
  weight: { weight: undefined, reverse: undefined },
});

/** `weight N [reverse]`, which stands without the keyword before it. */
export const weightReader =
  (kind: 'script' | 'file' | 'process' | 'bfd'): Reader<TrackerDraft> =>
  (statement, draft, scope) => {
    const given = readWeight(statement, 0, kind, scope);
    draft.mark.inside.set('weight', markOf(scope, statement));
    if (given === null) draft.broken.add('weight');
    else Object.assign(draft.weight, given);
  };

/** keepalived 2.2.7 counts whole seconds here, later versions milliseconds, as lbd does. */
function readPeriod(statement: Statement, scope: Scope, least: Micros): Micros | null {
  const given = read(statement, scope, duration(least, DAY));
  if (given === null) return null;
  return micros(Math.max(least === 0 ? 0 : MILLISECOND, Math.round(given.value / MILLISECOND) * MILLISECOND));
}

interface ScriptDraft extends TrackerDraft {
  argv?: Argv;
  interval?: Micros;
  timeout?: Micros;
  rise?: number;
  fall?: number;
  account?: Account;
  initFail: boolean;
}

const count = (key: 'rise' | 'fall') =>
  into<ScriptDraft, number>(
    key,
    (statement, scope) => read(statement, scope, wholeNumber(1, MOST_IN_A_ROW))?.value ?? null,
    (draft, value) => {
      draft[key] = value;
    },
  );
const period = (key: 'interval' | 'timeout') =>
  into<ScriptDraft, Micros>(
    key,
    (statement, scope) => readPeriod(statement, scope, micros(MILLISECOND)),
    (draft, value) => {
      draft[key] = value;
    },
  );

const SCRIPT_READERS: Readers<ScriptDraft> = {
  script: into(
    'script',
    (statement, scope) => read(statement, scope, ({ text }) => parseCommandLine(text)),
    (draft, { value }) => {
      draft.argv = value;
    },
  ),
  interval: period('interval'),
  timeout: period('timeout'),
  weight: weightReader('script'),
  rise: count('rise'),
  fall: count('fall'),
  user: (statement, draft, scope) => {
    const [keyword, user] = statement.words;
    if (user === undefined) {
      sayAt(scope, statement, keyword, mistake('missing_value', '"user" needs the name of one'));
      return;
    }
    draft.account = readAccount(statement, 1, scope) ?? { user: null, group: null };
  },
  init_fail: (statement, draft, scope) => {
    saySurplus(statement, scope, 1);
    draft.initFail = true;
  },
};

/** What YAML would say for a `vrrp_script`; null after an error. */
export function readScript(statement: Statement, draft: TrackerDraft, scope: Scope): WrittenScript | null {
  const script: ScriptDraft = { ...draft, initFail: false };
  readBlock(statement.block ?? [], scope, SCRIPT_READERS, script);
  const { argv, interval = ONCE_A_SECOND, timeout, rise = 1, fall = 1, account } = script;
  if (argv === undefined) {
    if (!script.broken.has('script')) sayLack(draft, scope, 'a vrrp_script needs a "script"');
    return null;
  }
  return {
    script: argv,
    interval,
    timeout,
    weight: script.weight.weight ?? 0,
    reverse: script.weight.reverse ?? false,
    rise,
    fall,
    user: account?.user ?? undefined,
    group: account?.group ?? undefined,
    init_fail: script.initFail,
  };
}

interface FileDraft extends TrackerDraft {
  path?: string;
  init?: { readonly value: number; readonly overwrite: boolean };
}

const FILE_READERS: Readers<FileDraft> = {
  file: into(
    'file',
    (statement, scope) => read(statement, scope, path),
    (draft, { value }) => {
      draft.path = value;
    },
  ),
  weight: weightReader('file'),
  init_file: (statement, draft, scope) => {
    const words = statement.words.slice(1);
    const number = words.find(({ text }) => text !== 'overwrite');
    const value =
      number === undefined
        ? 0
        : readWord(number, statement, scope, wholeNumber(-MOST_IN_A_ROW, MOST_IN_A_ROW))?.value;
    saySurplus(statement, scope, 3);
    draft.mark.inside.set('init_file', markOf(scope, statement));
    draft.init = { value: value ?? 0, overwrite: words.some(({ text }) => text === 'overwrite') };
  },
};

/** What YAML would say for a `track_file`; null after an error. */
export function readTrackFile(
  statement: Statement,
  draft: TrackerDraft,
  scope: Scope,
): WrittenTrackFile | null {
  const file: FileDraft = draft;
  readBlock(statement.block ?? [], scope, FILE_READERS, file);
  if (file.path === undefined) {
    if (!file.broken.has('file')) sayLack(draft, scope, 'a track_file needs a "file"');
    return null;
  }
  return {
    file: file.path,
    weight: file.weight.weight ?? 1,
    reverse: file.weight.reverse ?? false,
    init_file: file.init?.value,
    overwrite: file.init?.overwrite ?? false,
  };
}

interface ProcessDraft extends TrackerDraft {
  command?: Argv;
  match?: 'initial' | 'partial';
  quorum?: number;
  quorumMax?: number;
  forkDelay: Micros;
  terminateDelay: Micros;
  fullCommand: boolean;
}

const MOST_PROCESSES = 65_535;
const delays =
  (...keys: readonly ('forkDelay' | 'terminateDelay')[]): Reader<ProcessDraft> =>
  (statement, draft, scope) => {
    const delay = readPeriod(statement, scope, micros(0));
    if (delay !== null) for (const key of keys) draft[key] = delay;
  };

const PROCESS_READERS: Readers<ProcessDraft> = {
  process: (statement, draft, scope) => {
    const [keyword, name, ...args] = statement.words;
    draft.mark.inside.set('process', markOf(scope, statement));
    if (name !== undefined && name.text !== '') draft.command = [name.text, ...args.map(({ text }) => text)];
    else sayAt(scope, statement, keyword, mistake('missing_value', '"process" needs the name of one'));
  },
  param_match: (statement, draft, scope) => {
    const given = read(statement, scope, oneOf(['initial', 'partial'], 'way to compare arguments', scope));
    if (given !== null) draft.match = given.value;
  },
  weight: weightReader('process'),
  quorum: into(
    'quorum',
    (statement, scope) => read(statement, scope, wholeNumber(1, MOST_PROCESSES)),
    (draft, { value }) => {
      draft.quorum = value;
    },
  ),
  quorum_max: into(
    'quorum_max',
    (statement, scope) => read(statement, scope, wholeNumber(0, MOST_PROCESSES)),
    (draft, { value }) => {
      draft.quorumMax = value;
    },
  ),
  delay: delays('forkDelay', 'terminateDelay'),
  fork_delay: delays('forkDelay'),
  terminate_delay: delays('terminateDelay'),
  full_command: (statement, draft, scope) => {
    saySurplus(statement, scope, 1);
    draft.fullCommand = true;
  },
};

/** What YAML would say for a `vrrp_track_process`; null after an error. */
export function readProcess(statement: Statement, draft: TrackerDraft, scope: Scope): WrittenProcess | null {
  const tracked: ProcessDraft = {
    ...draft,
    forkDelay: micros(0),
    terminateDelay: micros(0),
    fullCommand: false,
  };
  readBlock(statement.block ?? [], scope, PROCESS_READERS, tracked);
  if (tracked.command === undefined) {
    const isGiven = tracked.mark.inside.has('process');
    if (!isGiven) sayLack(draft, scope, 'a vrrp_track_process needs a "process"');
    return null;
  }
  return {
    process: tracked.command,
    param_match: tracked.match,
    full_command: tracked.fullCommand,
    weight: tracked.weight.weight ?? 0,
    reverse: tracked.weight.reverse ?? false,
    quorum: tracked.quorum,
    quorum_max: tracked.quorumMax,
    fork_delay: tracked.forkDelay,
    terminate_delay: tracked.terminateDelay,
  };
}

/** Says what a block lacks without which it is nothing. */
export function sayLack({ mark }: Draft, scope: Scope, text: string): void {
  const reason = `${text}: it is left out, and nobody follows it, as by keepalived`;
  scope.notes.say(mark.at, warning('entry_skipped', reason), mark.path);
}
