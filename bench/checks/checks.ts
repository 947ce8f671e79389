// What health checks by TCP cost, how evenly they come, and what they do to VRRP beside them.
import { parseArgs } from 'node:util';
import { haveIpvs } from '../../test/guest/boot/ipvs.ts';
import { measureInGuest } from '../report/guest.ts';
import { namedBy, numberOf } from '../report/options.ts';
import { type Figures, figure, type Progress, type Report, type Row, type Table } from '../report/report.ts';
import { Bed, type Seen, services } from './bed.ts';
import { measureRemoval } from './removal.ts';

const SERVERS_EACH = 10;
/** Servers that many services share. */
const SHARED = 100;
/** Milliseconds until all of them have begun. */
const SETTLING_MANY = 20_000;
/** Of the checks asked for. */
const ENOUGH = 0.99;

const LATE = [
  { name: 'adverts late, 99.9 %', unit: 'ms', better: 'less' },
  { name: 'adverts late, worst', unit: 'ms', better: 'less' },
] as const;
const CHECKS = 'checks';

type Windows = Seen['windows'][number];

const roundsOf = ({ windows }: Seen, of: (window: Windows) => number): Figures => ({
  rounds: windows.map(of),
});
const lateOf = ({ late }: Seen): Row['cells'] =>
  late === null ? ['sends none', null] : [figure(late.p999), figure(late.worst)];

const processors = ({ cpu, checks }: Windows): number => (cpu * checks) / 1e6;

function costsOf(rate: number, seen: readonly Seen[]): Table {
  const name = `${rate} checks a second`;
  return {
    title: 'Each of another server every second: what a check costs',
    columns: [
      { name: CHECKS, unit: '1/s', better: 'more' },
      { name: 'processor for each', unit: 'µs', better: 'less' },
      { name: 'in the checking process', unit: 'µs', better: 'less' },
      { name: 'processors', unit: '', better: 'less' },
      { name: 'memory', unit: 'MB', better: 'less' },
      { name: 'of the checking process', unit: 'MB', better: 'less' },
    ],
    rows: seen.map((each) => ({
      case: name,
      program: each.program,
      cells: [
        roundsOf(each, ({ checks }) => checks),
        roundsOf(each, ({ cpu }) => cpu),
        roundsOf(each, ({ checkCpu }) => checkCpu),
        roundsOf(each, processors),
        figure(each.rss),
        figure(each.checkRss),
      ],
    })),
    targets: [{ case: name, program: 'lbd', column: CHECKS, at: 'least', limit: ENOUGH * rate }],
  };
}

function evennessOf(rate: number, idle: Seen, seen: readonly Seen[]): Table {
  const row = (name: string, each: Seen): Row => ({
    case: name,
    program: each.program,
    cells: [roundsOf(each, ({ most }) => most), roundsOf(each, ({ fewest }) => fewest), ...lateOf(each)],
  });
  const without: Row = { case: 'no checks', program: 'lbd', cells: [null, null, ...lateOf(idle)] };
  return {
    title: 'How evenly they come, and adverts every 100 ms beside them',
    columns: [
      { name: 'most in 10 ms', unit: 'checks', better: 'less' },
      { name: 'fewest in 10 ms', unit: 'checks', better: 'more' },
      ...LATE,
    ],
    rows: [...seen.map((each) => row(`${rate} checks a second`, each)), without],
  };
}

const sharedOf = (count: number, many: Seen): Table => ({
  title: 'Many services with the same servers: one check serves them all',
  columns: [
    { name: 'first check', unit: 's', better: 'less' },
    { name: CHECKS, unit: '1/s', better: null },
    { name: 'processors', unit: '', better: 'less' },
    { name: 'memory', unit: 'MB', better: 'less' },
    { name: 'of the checking process', unit: 'MB', better: 'less' },
    ...LATE,
  ],
  rows: [
    {
      case: `${count} services, ${SHARED} servers`,
      program: 'lbd',
      cells: [
        many.begins === null ? 'no check' : figure(many.begins),
        roundsOf(many, ({ checks }) => checks),
        roundsOf(many, processors),
        figure(many.rss),
        figure(many.checkRss),
        ...lateOf(many),
      ],
    },
  ],
});

/**
 * `--rate`: checks a second, 10,000 unless given. `--seconds`: how long each is measured, 20 unless given. `--services`: how many
 * have the same servers in the second part, 1000 unless given, 0 for none. `--part`: only `cost` or `removal`. `--no-guest`: removal
 * here only, where keepalived may have no IPVS. `--case`: removal in the cases that have this in their names.
 */
export async function measureChecks(args: readonly string[], progress: Progress): Promise<Report> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: 'string', default: '10000' },
      seconds: { type: 'string', default: '20' },
      services: { type: 'string', default: '1000' },
      part: { type: 'string' },
      'no-guest': { type: 'boolean', default: false },
      case: { type: 'string', default: '' },
    },
  });
  const parts = namedBy('part', values.part, ['cost', 'removal'], (name) => name);
  const removal = parts.includes('removal')
    ? await tablesOfRemoval(values.case, !values['no-guest'], progress)
    : [];
  const rate = numberOf('rate', values.rate);
  const seconds = numberOf('seconds', values.seconds);
  const sharing = numberOf('services', values.services, 0);
  const tables = parts.includes('cost') ? await tablesOfCost(rate, seconds, sharing, progress) : [];
  return {
    name: 'checks',
    measures:
      'What checks by TCP cost, how evenly they come, and how late adverts every 100 ms come beside them; beside a loop in C that connects and closes and does nothing else, and keepalived where there is IPVS (without, it checks nothing). How long a dead server stays in the table.',
    limits:
      'The kernel, which has most of the time that a connection takes: both ends are on one machine, and who sends also does most of the work of the other end. Read a figure beside that of the loop. Removal: the settings of the checks.',
    tables: [...tables, ...removal],
  };
}

/** Here, and in the guest where only that has IPVS. */
async function tablesOfRemoval(
  which: string,
  mayUseGuest: boolean,
  progress: Progress,
): Promise<readonly Table[]> {
  const args = ['--case', which];
  const here = await measureRemoval(args, progress);
  if (haveIpvs() || !mayUseGuest) return here.tables;
  const there = await measureInGuest('checks/removal.js', measureRemoval.name, args, progress);
  return [...here.tables, ...there.tables];
}

function tablesOfCost(
  rate: number,
  seconds: number,
  sharing: number,
  progress: Progress,
): Promise<readonly Table[]> {
  const own = services(Math.ceil(rate / SERVERS_EACH), SERVERS_EACH, false);
  return Bed.with(seconds, async (bed) => {
    progress('lbd without checks');
    const idle = await bed.lbd('idle', '');
    progress(`lbd with ${rate} checks a second`);
    const all = [await bed.lbd('checking', own)];
    if (haveIpvs()) {
      progress(`keepalived with ${rate} checks a second`);
      all.push(await bed.keepalived(own));
    }
    progress('a loop in C');
    all.push(await bed.loop(rate));
    const tables = [costsOf(rate, all), evennessOf(rate, idle, all)];
    if (sharing > 0) {
      progress(`lbd with ${sharing} services of the same ${SHARED} servers`);
      tables.push(sharedOf(sharing, await bed.lbd('many', services(sharing, SHARED, true), SETTLING_MANY)));
    }
    return tables;
  });
}
