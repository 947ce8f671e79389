import type { TrafficStats } from '../model/services.ts';

export const title = (columns: readonly string[]): string =>
  `${'Prot LocalAddress:Port'.padEnd(33)} ${columns.map((column) => column.padStart(8)).join(' ')}
  -> RemoteAddress:Port`;

/** The five columns of `--stats`. */
export const showCounts = (stats: TrafficStats, exact: boolean): string =>
  [stats.conns, stats.inPackets, stats.outPackets, stats.inBytes, stats.outBytes]
    .map((count) => largeNumber(count, exact))
    .join('');

/** The five columns of `--rate` for a service. */
export const showServiceRates = (stats: TrafficStats, exact: boolean): string =>
  [stats.cps, stats.inPps, stats.outPps].map((count) => largeNumber(count, exact)).join('') +
  byteRates(stats, exact);

/** The five columns of `--rate` for a destination, of which ipvsadm prints three whole. */
export const showDestRates = (stats: TrafficStats, exact: boolean): string =>
  [stats.cps, stats.inPps, stats.outPps].map((count) => ` ${String(count).padStart(8)}`).join('') +
  byteRates(stats, exact);

const byteRates = (stats: TrafficStats, exact: boolean): string =>
  largeNumber(stats.inBps, exact) + largeNumber(stats.outBps, exact);

/** From 100,000,000 on with K, M, G or T, truncated, unless exact. */
function largeNumber(n: bigint, exact: boolean): string {
  if (exact) return ` ${String(n).padStart(8)}`;
  if (n < 100_000_000n) return String(n).padStart(9);
  if (n < 1_000_000_000n) return `${String(n / 1000n).padStart(8)}K`;
  if (n < 100_000_000_000n) return `${String(n / 1_000_000n).padStart(8)}M`;
  if (n < 100_000_000_000_000n) return `${String(n / 1_000_000_000n).padStart(8)}G`;
  return `${String(n / 1_000_000_000_000n).padStart(8)}T`;
}
