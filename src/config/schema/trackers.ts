import { z } from 'zod';
import { err, ok, type Result } from '../../base/result.ts';
import { micros, seconds } from '../../base/units.ts';
import { type Argv, parseCommandLine } from '../command-line.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { accountName, commandWords } from './commands.ts';
import { duration, MILLISECOND, objectName, parsed, wholeNumber } from './scalars.ts';
import { MOST_WEIGHT } from './track.ts';

const MOST_IN_A_ROW = 2_147_483_647;
/** setTimeout of Node takes 2^31 − 1 milliseconds. */
const delay = () => duration({ least: micros(0), most: seconds(86_400), step: MILLISECOND });
const weight = (most: number) => wholeNumber(-most, most);
const reverse = z.boolean().prefault(false).describe('Good and bad change places');
/** A path as open(2) takes it. */
export const filePath = z
  .string()
  .regex(/^\/[^\0]{0,4094}$/, 'a path begins with / and has at most 4095 characters')
  .meta({ title: 'an absolute path' });

const script = z.strictObject({
  script: commandWords.describe(
    'Command whose exit status 0 means well; or </PATH: well when PATH can be opened for reading',
  ),
  interval: duration({ least: MILLISECOND, step: MILLISECOND })
    .prefault('1s')
    .describe('From one run to the next'),
  timeout: duration({ least: MILLISECOND, step: MILLISECOND })
    .optional()
    .describe('A run that takes longer has failed; the interval unless given'),
  weight: weight(MOST_WEIGHT.script)
    .prefault(0)
    .describe('What it does to the priority of who follows it; 0 makes a failure a fault'),
  reverse,
  rise: wholeNumber(1, MOST_IN_A_ROW).prefault(1).describe('Successes in a row that make it good'),
  fall: wholeNumber(1, MOST_IN_A_ROW).prefault(1).describe('Failures in a row that make it bad'),
  user: accountName.optional().describe('Who runs it; script_user unless given'),
  group: accountName.optional().describe("The user's own group unless given"),
  init_fail: z.boolean().prefault(false).describe('It counts as bad until its first success'),
});

const file = z.strictObject({
  file: filePath.describe('The first number in it counts; 0 while it is missing or empty'),
  weight: weight(MOST_WEIGHT.file)
    .prefault(1)
    .describe('The number times this is added to the priority; 0 makes a number other than 0 a fault'),
  reverse,
  init_file: wholeNumber(-MOST_IN_A_ROW, MOST_IN_A_ROW)
    .optional()
    .describe('The file is created with this number at the start'),
  overwrite: z.boolean().prefault(false).describe('init_file replaces what a file has that is there'),
});

const process = z.strictObject({
  process: parsed(z.union([z.string(), z.array(z.string())]), processOf).describe(
    'Name of the process, and its arguments',
  ),
  param_match: z
    .enum(['any', 'exact', 'initial', 'partial'])
    .optional()
    .describe(
      'any: only the name counts; exact: the same arguments; partial: it begins with them; initial: the last one may be the start of a longer one. exact unless given where there are arguments, else any',
    ),
  full_command: z.boolean().prefault(false).describe('The name is the first word of the command line'),
  weight: weight(MOST_WEIGHT.process)
    .prefault(0)
    .describe('What it does to the priority of who follows it; 0 makes a missing process a fault'),
  reverse,
  quorum: wholeNumber(0, 65_535)
    .optional()
    .describe('How many processes must run; 1 unless given, or 0 where quorum_max is 0'),
  quorum_max: wholeNumber(0, 65_535).optional().describe('How many may run; any number unless given'),
  fork_delay: delay().prefault(0).describe('Enough processes are believed after this long'),
  terminate_delay: delay().prefault(0).describe('Too few processes are believed after this long'),
});

export type WrittenScript = z.output<typeof script>;
export type WrittenTrackFile = z.output<typeof file>;
export type WrittenProcess = z.output<typeof process>;

/** What instances and groups may follow besides interfaces and BFD sessions. */
export const TRACKER_KEYS = {
  track_scripts: z.record(objectName, script).prefault({}).describe('Scripts that instances follow, by name'),
  track_files: z
    .record(objectName, file)
    .prefault({})
    .describe('Files with a number that instances follow, by name'),
  track_processes: z
    .record(objectName, process)
    .prefault({})
    .describe('Processes that instances follow, by name'),
};

function processOf(written: string | string[]): Result<Argv, Problem> {
  if (typeof written === 'string') return parseCommandLine(written);
  const [name, ...args] = written;
  return name === undefined || name === ''
    ? err(mistake('bad_value', 'this names no process'))
    : ok([name, ...args]);
}
