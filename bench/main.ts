// npm run bench: measurements beside their peers, on this machine.
import path from 'node:path';
import { helpOf, type Listed, listed, MEASUREMENTS, refusalOf } from './measurements.ts';
import { takeFlames } from './profile/profile.ts';
import { type Asked, parseCommand } from './report/command.ts';
import { compare, hasWorsened, printComparison } from './report/compare.ts';
import { printMachine } from './report/machine.ts';
import { OptionError } from './report/options.ts';
import { type Result, readResult } from './report/result.ts';
import { keepResult, sayResult, takeResult } from './report/run.ts';

const USAGE = `usage: npm run bench [-- [NAME [OPTION…]]…]
       npm run bench -- --list
       npm run bench -- NAME --help
       npm run bench -- --compare FILE [NAME [OPTION…]]
       npm run bench -- --compare FILE FILE
       npm run bench -- --profile NAME [OPTION…]

Without a name all are measured. What each one measures, what its options are, and what limits it: bench/README.md.
Every run is kept in bench/results/ as JSON, SVG and PNG. It takes root. lbctl bench takes the same words.

  --list             names, with a sentence each, and how long some take
  NAME --help        its options, and what they are unless given
  --compare FILE     measures again what an earlier run measured, with the same options unless others are given, and
                     compares; with a second FILE, compares two earlier runs. The exit code is 1 when a figure is worse
                     beyond the spread of both
  --profile NAME     where lbd's processes spend their time: a flame graph of each in bench/results/
`;

function listedAs(name: string): Listed {
  const found = MEASUREMENTS[name];
  if (found === undefined) throw new OptionError(`there is no measurement ${name}`);
  return found;
}

const FAILED = 1;
const MISTYPED = 2;

const isTyped = (error: unknown): error is Error =>
  error instanceof OptionError ||
  (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));

/** Does something about `subject`; where it fails, that is told, and others are done all the same. */
async function attempt(subject: string, what: () => Promise<void>): Promise<void> {
  try {
    await what();
  } catch (error) {
    // With where it was thrown, unless it is about what was typed.
    const told = error instanceof Error ? `failed: ${error.stack}` : error;
    process.stderr.write(`bench: ${subject}: ${isTyped(error) ? error.message : told}\n`);
    process.exitCode = isTyped(error) ? MISTYPED : FAILED;
  }
}

async function measureOne(asked: Asked): Promise<void> {
  const result = await takeResult(asked, listedAs(asked.name).measure);
  sayResult(result);
  keepResult(result);
}

async function profileOne(asked: Asked): Promise<void> {
  const { result, files } = await takeFlames(asked, listedAs(asked.name).measure);
  if (files.length === 0) throw new Error('no process of lbd ran in it and ended by itself');
  sayResult(result);
  process.stdout.write(
    `\nThese figures are those of a profiled lbd, and are not kept. Where its time went:\n`,
  );
  for (const file of files) process.stdout.write(`${path.relative('.', file)}\n`);
}

async function measureAgain(file: string, asked: readonly Asked[]): Promise<void> {
  const before = readResult(file);
  const { name } = before.report;
  const [one = { name, args: before.args }, ...more] = asked;
  if (one.name !== name || more.length > 0) throw new OptionError(`it is of ${name}`);
  const now = await takeResult(one, listedAs(name).measure);
  keepResult(now);
  sayComparison(before, now);
}

function sayComparison(before: Result, now: Result): void {
  if (before.report.name !== now.report.name)
    throw new OptionError(`${before.report.name} and ${now.report.name} have nothing to compare`);
  const line = ({ date, revision, machine, load, args, report }: Result) =>
    `${date}, ${revision ?? 'no revision'}, ${[report.name, ...args].join(' ')}, load ${load.before} to ${load.after}, ${printMachine(report.machine ?? machine)}\n`;
  const compared = compare(before.report, now.report);
  process.stdout.write(`before: ${line(before)}now:    ${line(now)}\n${printComparison(compared)}`);
  if (hasWorsened(compared)) process.exitCode = 1;
}

/** Namespaces, and programs in them, are for root alone. */
const isRoot = process.geteuid?.() === 0;

/** Whether these are to be taken; help that is asked for, or the first word that is not for them, is told instead. */
function isFor(asked: readonly Asked[]): boolean {
  for (const { name, args } of asked) {
    if (args.some((word) => word === '--help' || word === '-h')) {
      process.stdout.write(helpOf(name, listedAs(name)));
      return false;
    }
    const because = refusalOf(listedAs(name), args);
    if (because !== null) {
      refuse(`${name}: ${because}`);
      return false;
    }
  }
  if (!isRoot) refuse('measuring takes root: it builds network namespaces');
  return isRoot;
}

function refuse(because: string): void {
  process.stderr.write(`bench: ${because}\n`);
  process.exitCode = MISTYPED;
}

// What was begun is taken down as this process exits, and a signal alone ends it without that.
for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }))
  process.once(signal, () => process.exit(128 + number));

const command = parseCommand(process.argv.slice(2), Object.keys(MEASUREMENTS));
switch (command.does) {
  case 'help':
    process.stdout.write(USAGE);
    break;
  case 'list':
    process.stdout.write(listed());
    break;
  case 'measure':
    if (isFor(command.asked)) for (const one of command.asked) await attempt(one.name, () => measureOne(one));
    break;
  case 'profile':
    if (isFor(command.asked)) for (const one of command.asked) await attempt(one.name, () => profileOne(one));
    break;
  case 'compare':
    if (isFor(command.asked)) await attempt('--compare', () => measureAgain(command.before, command.asked));
    break;
  case 'compareFiles':
    await attempt('--compare', async () =>
      sayComparison(readResult(command.before), readResult(command.now)),
    );
    break;
  case 'refuse':
    refuse(command.because);
}
