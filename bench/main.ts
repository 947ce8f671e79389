// npm run bench: measurements beside their peers, on this machine.
import path from 'node:path';
import { measureChecks } from './checks/checks.ts';
import { measureConfig } from './config/config.ts';
import { measureDisruption } from './disruption/disruption.ts';
import { measureFailover } from './failover/failover.ts';
import { measureFalseFailovers } from './failover/false-failover.ts';
import { measureHandover } from './failover/handover.ts';
import { measureFootprint } from './footprint/footprint.ts';
import { measureIpvs } from './packets/ipvs.ts';
import { measurePackets } from './packets/packets.ts';
import { takeFlames } from './profile/profile.ts';
import { measureProgramming } from './programming.ts';
import { measureReloads } from './reloads.ts';
import { type Asked, parseCommand } from './report/command.ts';
import { compare, hasWorsened, printComparison } from './report/compare.ts';
import { onIpvs } from './report/guest.ts';
import { printMachine } from './report/machine.ts';
import { OptionError } from './report/options.ts';
import type { Measurement } from './report/report.ts';
import { type Result, readResult } from './report/result.ts';
import { keepResult, sayResult, takeResult } from './report/run.ts';
import { measureScale } from './scale.ts';
import { measureThroughput } from './throughput/throughput.ts';

/** By name, what `--list` says of it, and how it is taken. */
const MEASUREMENTS: Readonly<Record<string, readonly [string, Measurement]>> = {
  programming: [
    'microseconds for one change of the IPVS table',
    onIpvs('programming.js', measureProgramming),
  ],
  reloads: ['requests lost while the configuration is reloaded', onIpvs('reloads.js', measureReloads)],
  scale: [
    'a table of 1,000 services with 100 servers each, from start to stop',
    onIpvs('scale.js', measureScale),
  ],
  throughput: ['requests and datagrams a second through the virtual address', measureThroughput],
  failover: ['what a client loses when the master dies and when it comes back', measureFailover],
  handover: ['what a client loses when the master is stopped on purpose and comes back', measureHandover],
  'false-failover': ['how often the address moves for no reason on a busy machine', measureFalseFailovers],
  checks: ['what health checks by TCP cost, and what they do to adverts', measureChecks],
  footprint: ['start to first advert, memory, and processor of many instances', measureFootprint],
  config: ['time and memory to check and plan a configuration', measureConfig],
  packets: ['nanoseconds and frames a second of the XDP program', measurePackets],
  ipvs: ['frames a second of XDP beside IPVS', onIpvs('packets/ipvs.js', measureIpvs)],
  disruption: ['flows that go to another server when something changes', measureDisruption],
};

const USAGE = `usage: npm run bench [-- [NAME [OPTION…]]…]
       npm run bench -- --list
       npm run bench -- --compare FILE [NAME [OPTION…]]
       npm run bench -- --compare FILE FILE
       npm run bench -- --profile NAME [OPTION…]

Without a name all are measured. What each one measures, what its options are, and what limits it: bench/README.md.
Every run is kept in bench/results/ as JSON, SVG and PNG.

  --list             names, with a sentence each
  --compare FILE     measures again what an earlier run measured, with the same options unless others are given, and
                     compares; with a second FILE, compares two earlier runs. The exit code is 1 when a figure is worse
                     beyond the spread of both
  --profile NAME     where lbd's processes spend their time: a flame graph of each in bench/results/
`;

const measurementOf = (name: string): Measurement => {
  const found = MEASUREMENTS[name];
  if (found === undefined) throw new Error(`there is no measurement ${name}`);
  return found[1];
};

/** With where it was thrown, unless it is about what was typed. */
function told(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const isTyped =
    error instanceof OptionError || ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  return isTyped ? error.message : `failed: ${error.stack}`;
}

/** Does something about `subject`; where it fails, that is told, and others are done all the same. */
async function attempt(subject: string, what: () => Promise<void>): Promise<void> {
  try {
    await what();
  } catch (error) {
    process.stderr.write(`bench: ${subject}: ${told(error)}\n`);
    process.exitCode = 1;
  }
}

async function measureOne(asked: Asked): Promise<void> {
  const result = await takeResult(asked, measurementOf(asked.name));
  sayResult(result);
  keepResult(result);
}

async function profileOne(asked: Asked): Promise<void> {
  const { result, files } = await takeFlames(asked, measurementOf(asked.name));
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
  const now = await takeResult(one, measurementOf(name));
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

const command = parseCommand(process.argv.slice(2), Object.keys(MEASUREMENTS));
switch (command.does) {
  case 'help':
    process.stdout.write(USAGE);
    break;
  case 'list':
    for (const [name, [says]] of Object.entries(MEASUREMENTS))
      process.stdout.write(`${name.padEnd(14)}${says}\n`);
    break;
  case 'measure':
    for (const one of command.asked) await attempt(one.name, () => measureOne(one));
    break;
  case 'profile':
    for (const one of command.asked) await attempt(one.name, () => profileOne(one));
    break;
  case 'compare':
    await attempt(command.before, () => measureAgain(command.before, command.asked));
    break;
  case 'compareFiles':
    await attempt(command.before, async () =>
      sayComparison(readResult(command.before), readResult(command.now)),
    );
    break;
  case 'refuse':
    process.stderr.write(`bench: ${command.because}\n`);
    process.exitCode = 2;
}
