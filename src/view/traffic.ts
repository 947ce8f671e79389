import type { WallTime } from '../base/units.ts';
import { destKey, serviceKey, type TrafficStats } from '../model/services.ts';
import { showColumns } from './columns.ts';
import type { JoinedService } from './joined-services.ts';
import { showJson } from './status-json.ts';

/** What is counted since a service or server was made, or what the kernel estimates to pass in a second. */
export type TrafficKind = 'stats' | 'rates';

interface Kind {
  readonly titles: readonly [string, string, string, string, string];
  counts(
    stats: TrafficStats,
  ): readonly [conns: bigint, inPackets: bigint, outPackets: bigint, inBytes: bigint, outBytes: bigint];
}

const KINDS: Readonly<Record<TrafficKind, Kind>> = {
  stats: {
    titles: ['Conns', 'Packets in', 'Packets out', 'Bytes in', 'Bytes out'],
    counts: ({ conns, inPackets, outPackets, inBytes, outBytes }) => [
      conns,
      inPackets,
      outPackets,
      inBytes,
      outBytes,
    ],
  },
  rates: {
    titles: ['Conns/s', 'Packets/s in', 'Packets/s out', 'Bytes/s in', 'Bytes/s out'],
    counts: ({ cps, inPps, outPps, inBps, outBps }) => [cps, inPps, outPps, inBps, outBps],
  },
};

/**
 * The traffic of services and their servers, those with the most bytes first, and the sum of the services. Numbers are
 * decimal: `12.3k`, `4.56 MB`. Where replies pass by the director (DR and TUN) nothing is counted out.
 */
export function showTraffic(services: readonly JoinedService[], kind: TrafficKind): string {
  const { titles, counts } = KINDS[kind];
  const busiest = sorted(services, kind);
  if (busiest.length === 0) return 'The kernel has no virtual services.\n';
  const cells = (stats: TrafficStats) =>
    counts(stats).map((count, i) => (i < 3 ? showCount(count, '') : showCount(count, 'B')));
  const total = sumOf(busiest.map(({ stats }) => stats));
  return showColumns(
    [{ title: 'Service' }, ...titles.map((title) => ({ title, right: true }))],
    [
      ...busiest.flatMap(({ name, key, stats, servers }) => [
        [name === null ? key : `${name} (${key})`, ...cells(stats)],
        ...servers.map((server) => [`  -> ${server.key}`, ...cells(server.stats)]),
      ]),
      ['total', ...cells(total)],
    ],
  );
}

/** The same for programs, with all digits: both kinds have both, in the same order. */
export function showTrafficJson(
  services: readonly JoinedService[],
  kind: TrafficKind,
  takenAt: WallTime,
): string {
  const busiest = sorted(services, kind);
  const total = sumOf(busiest.map(({ stats }) => stats));
  return showJson({ schemaVersion: 1, takenAt, services: busiest, total });
}

interface Busy {
  readonly name: string | null;
  readonly key: string;
  readonly stats: TrafficStats;
  readonly servers: readonly { readonly key: string; readonly stats: TrafficStats }[];
}

function sorted(services: readonly JoinedService[], kind: TrafficKind): readonly Busy[] {
  const most = <T extends { readonly stats: TrafficStats }>(a: T, b: T): number => {
    const [conns, , , inBytes, outBytes] = KINDS[kind].counts(a.stats);
    const [otherConns, , , otherIn, otherOut] = KINDS[kind].counts(b.stats);
    return Number(otherIn + otherOut - inBytes - outBytes) || Number(otherConns - conns);
  };
  return services
    .flatMap(({ name, key, observed }): readonly Busy[] =>
      observed === null
        ? []
        : [
            {
              name,
              key: serviceKey(key),
              stats: observed.stats,
              servers: observed.dests
                .map((dest) => ({ key: destKey(dest.key), stats: dest.stats }))
                .sort(most),
            },
          ],
    )
    .sort(most);
}

function sumOf(all: readonly TrafficStats[]): TrafficStats {
  const sum = (count: (stats: TrafficStats) => bigint) =>
    all.reduce((total, stats) => total + count(stats), 0n);
  return {
    conns: sum(({ conns }) => conns),
    inPackets: sum(({ inPackets }) => inPackets),
    outPackets: sum(({ outPackets }) => outPackets),
    inBytes: sum(({ inBytes }) => inBytes),
    outBytes: sum(({ outBytes }) => outBytes),
    cps: sum(({ cps }) => cps),
    inPps: sum(({ inPps }) => inPps),
    outPps: sum(({ outPps }) => outPps),
    inBps: sum(({ inBps }) => inBps),
    outBps: sum(({ outBps }) => outBps),
  };
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** Three digits, rounded down: `999`, `1.23k`, `45.6 MB`. */
function showCount(count: bigint, unit: string): string {
  let [rest, power] = [count, 0];
  while (rest >= 1_000_000n) {
    rest /= 1000n;
    power++;
  }
  const text = rest < 1000n ? String(rest) : thousandths(Number(rest));
  const prefix = PREFIXES[rest < 1000n ? power : power + 1] ?? '';
  return unit === '' ? `${text}${prefix}` : `${text} ${prefix}${unit}`;
}

function thousandths(thousands: number): string {
  const [whole, part] = [Math.floor(thousands / 1000), String(thousands % 1000).padStart(3, '0')];
  return whole >= 100 ? String(whole) : `${whole}.${part.slice(0, whole >= 10 ? 1 : 2)}`;
}
