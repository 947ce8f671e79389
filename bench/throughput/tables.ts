import { median } from '../bed/numbers.ts';
import type { Column, Figures, Row, Table, Target } from '../report/report.ts';
import type { Load, Seen } from './loads.ts';
import { type Measured, nameOf } from './rounds.ts';
import { HAPROXY, HOP, IPVS, LBD_XDP, LBD_XDP_MH, LBD_XDP_TUNNELS, NGINX, type Way } from './ways.ts';

/** How the figures of a load are shown. */
interface Shown {
  readonly case: string;
  readonly rate: Column;
  /** Of a column in which `rate` of a round is multiplied by this. */
  readonly times: number;
  readonly processor: string;
  /** What microseconds are divided by for that. */
  readonly per: number;
}

const more = (name: string, unit: string): Column => ({ name, unit, better: 'more' });
const less = (name: string, unit: string): Column => ({ name, unit, better: 'less' });

const HTTP = { rate: more('requests', '1/s'), times: 1, processor: 'µs', per: 1 };
const SHOWN: Readonly<Record<Load['name'], Shown>> = {
  kept: { ...HTTP, case: '64 connections that are kept' },
  short: { ...HTTP, case: 'a connection for each request, 128 at once' },
  download: { case: 'one connection', rate: more('rate', 'Gb/s'), times: 8, processor: 'ms/GB', per: 1000 },
  echo: { ...HTTP, case: '64 on their way', rate: more('datagrams', '1/s') },
};

const TABLES: readonly { readonly title: string; readonly loads: readonly Load['name'][] }[] = [
  { title: 'HTTP, a page of 1 KB', loads: ['kept', 'short'] },
  { title: 'a download of 256 MB, again and again', loads: ['download'] },
  { title: 'datagrams of 64 bytes that come back', loads: ['echo'] },
];

const OF_DIRECT = 'of direct';
const PROCESSOR = 'processor';
const OWN = 'more than direct';

function columnsOf({ rate, processor }: Shown, hasTimes: boolean): readonly Column[] {
  const times = hasTimes ? [less('p50', 'ms'), less('p99', 'ms'), less('failed', '')] : [];
  return [
    rate,
    more(OF_DIRECT, '%'),
    ...times,
    less(PROCESSOR, processor),
    // A difference that may be below 0, of which no ratio says anything.
    { name: OWN, unit: processor, better: null },
    { name: 'other work', unit: '%', better: null },
  ];
}

/** Cells in the order of `columnsOf`. `direct` are the rounds of the same load straight to the server. */
function cellsOf(
  rounds: readonly Seen[],
  direct: readonly Seen[] | null,
  { times, per }: Shown,
  hasTimes: boolean,
): readonly (Figures | null)[] {
  const figures = (of: (seen: Seen, straight: Seen) => number): Figures => ({
    rounds: rounds.map((seen, round) => of(seen, direct?.[round] ?? seen)).filter(Number.isFinite),
  });
  return [
    figures(({ rate }) => rate * times),
    direct === null ? null : figures((seen, straight) => (seen.rate / straight.rate) * 100),
    ...(hasTimes
      ? [
          figures(({ p50 = Number.NaN }) => p50 / 1000),
          figures(({ p99 = Number.NaN }) => p99 / 1000),
          figures(({ failed }) => failed),
        ]
      : []),
    figures(({ processor }) => processor / per),
    direct === null ? null : figures((seen, straight) => (seen.processor - straight.processor) / per),
    figures(({ others }) => others * 100),
  ];
}

/** The tables of what was measured; `where` stands before their titles. `ways` are all that were wanted. */
export function tablesOf(
  measured: readonly Measured[],
  ways: readonly Way[],
  where: string,
): readonly Table[] {
  return TABLES.map(({ title, loads }) => {
    const hasTimes = !loads.includes('download');
    const columns = columnsOf(SHOWN[loads[0] ?? 'kept'], hasTimes);
    const rows = loads.flatMap((load) =>
      [null, ...ways].map((way): Row => {
        const ofLoad = measured.filter((each) => each.load.name === load);
        const rounds = ofLoad.find((each) => each.way === way)?.rounds;
        const direct = ofLoad.find((each) => each.way === null)?.rounds ?? [];
        const why = way?.missing() ?? way?.withoutUdp ?? '';
        return {
          case: SHOWN[load].case,
          program: nameOf(way),
          cells:
            rounds === undefined
              ? columns.map((_, i) => (i === 0 ? why : null))
              : cellsOf(rounds, way === null ? null : direct, SHOWN[load], hasTimes),
        };
      }),
    );
    const targets = loads.flatMap((load) => targetsOf(SHOWN[load], columns, rows));
    return { title: `${where}${title}`, columns, rows, targets };
  });
}

/** What lbd is to reach, of what was measured: one target for each column. */
function targetsOf(
  { case: of, rate }: Shown,
  columns: readonly Column[],
  rows: readonly Row[],
): readonly Target[] {
  const medianOf = (program: string, column: string): number | null => {
    const cell = rows.find((row) => row.case === of && row.program === program)?.cells[
      columns.findIndex(({ name }) => name === column)
    ];
    return cell === null || cell === undefined || typeof cell === 'string' || cell.rounds.length === 0
      ? null
      : median(cell.rounds);
  };
  const has = ({ name }: Way) => medianOf(name, rate.name) !== null;
  const target = (program: Way, column: string, at: Target['at'], limit: number, peer?: Way): Target => ({
    case: of,
    program: program.name,
    column,
    at,
    limit,
    ...(peer === undefined ? {} : { of: peer.name }),
  });
  /** Of the peers that were measured, the one to be ahead of. */
  const best = (column: string, sign: 1 | -1) =>
    [HAPROXY, NGINX]
      .filter(has)
      .sort((a, b) => sign * ((medianOf(b.name, column) ?? 0) - (medianOf(a.name, column) ?? 0)))[0];
  const [fastest, cheapest] = [best(rate.name, 1), best(OWN, -1)];
  const ahead = (way: Way) => [
    ...(fastest === undefined ? [] : [target(way, rate.name, 'least', 1, fastest)]),
    ...(cheapest === undefined ? [] : [target(way, OWN, 'most', 1, cheapest)]),
  ];
  const near = (way: Way) => [
    target(way, OF_DIRECT, 'least', 95),
    ...(has(HOP) ? [target(way, PROCESSOR, 'most', 1.05, HOP)] : []),
  ];
  const alike = IPVS.filter(({ own, peer }) => has(own) && has(peer));
  return [
    ...[LBD_XDP, LBD_XDP_MH, ...LBD_XDP_TUNNELS].filter(has).flatMap(ahead),
    // A tunnel has another end, which costs the server.
    ...[LBD_XDP, LBD_XDP_MH].filter(has).flatMap(near),
    ...alike.map(({ own, peer }) => target(own, rate.name, 'least', 0.99, peer)),
  ];
}
