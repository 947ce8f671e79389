import { ipFamily, printEndpoint } from '../base/ip.ts';
import type {
  DestKey,
  Forward,
  ObservedDest,
  ObservedService,
  ObservedTable,
  Service,
  ServiceAttrs,
  ServiceKey,
  TrafficStats,
} from '../model/services.ts';
import { sortDests, sortServices } from './ipvsadm-sort.ts';

const TITLE = `Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn`;

/** The bytes of `ipvsadm -Ln` (1.31) for this table, given in the kernel's order. */
export function showIpvsList(table: ObservedTable): string {
  return showTable(table, TITLE, (service) => [
    showServiceLine(service),
    ...sortDests(service.dests).map(showListDestRow),
  ]);
}

/** A service's row of `ipvsadm -Ln`. */
export function showServiceLine({ key, attrs }: Service): string {
  const inet6 = key.kind === 'fwmark' ? key.family === 'inet6' : ipFamily(key.address) === 'inet6';
  const ops = attrs.onePacket ? ' ops' : '';
  return `${showServiceName(key)} ${attrs.scheduler}${schedulerFlags(attrs)}${persistence(attrs, inet6)}${ops}`;
}

/** A destination's row of `ipvsadm -Ln`; it ends in spaces. */
function showListDestRow(dest: ObservedDest): string {
  const { attrs } = dest;
  return [
    showDestName(dest.key),
    showForward(attrs.forward).padEnd(7),
    String(attrs.weight).padEnd(6),
    String(dest.activeConns).padEnd(10),
    String(dest.inactiveConns).padEnd(10),
  ].join(' ');
}

/** `Masq`, `Route`, … as ipvsadm names the method. */
export const showForward = (forward: Forward): string => FORWARD_NAMES[forward];

// ipvsadm has no name for bypass and hands printf a null pointer, for which glibc prints "(null)".
const FORWARD_NAMES: Readonly<Record<Forward, string>> = {
  nat: 'Masq',
  local: 'Local',
  tun: 'Tunnel',
  dr: 'Route',
  bypass: '(null)',
};

function schedulerFlags({ scheduler, schedulerFlags: flags }: ServiceAttrs): string {
  if (flags.length === 0) return '';
  const hashing = scheduler === 'sh' || scheduler === 'mh';
  const names = hashing
    ? ([
        [1, `${scheduler}-fallback`],
        [2, `${scheduler}-port`],
      ] as const)
    : ([
        [1, 'flag-1'],
        [2, 'flag-2'],
        [3, 'flag-3'],
      ] as const);
  const set = names.filter(([flag]) => flags.includes(flag)).map(([, name]) => name);
  return ` (${set.join(',')})`;
}

function persistence({ persistence: kept }: ServiceAttrs, inet6: boolean): string {
  if (kept === null) return '';
  const mask = inet6 ? (kept.prefix === 128 ? '' : ` mask ${kept.prefix}`) : mask4(kept.prefix);
  const engine = kept.engine === null ? '' : ` pe ${kept.engine}`;
  return ` persistent ${kept.timeout}${mask}${engine}`;
}

function mask4(prefix: number): string {
  if (prefix === 32) return '';
  const bytes = Array.from(
    { length: 4 },
    (_, i) => (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))) & 0xff,
  );
  return ` mask ${bytes.join('.')}`;
}

const title = (columns: readonly string[]): string =>
  `${'Prot LocalAddress:Port'.padEnd(33)} ${columns.map((column) => column.padStart(8)).join(' ')}
  -> RemoteAddress:Port`;

const STATS_TITLE = title(['Conns', 'InPkts', 'OutPkts', 'InBytes', 'OutBytes']);
const RATE_TITLE = title(['CPS', 'InPPS', 'OutPPS', 'InBPS', 'OutBPS']);

/** The bytes of `ipvsadm -Ln --stats` (1.31), `exact` with `--exact`, for this table, given in the kernel's order. */
export function showIpvsStats(table: ObservedTable, exact: boolean): string {
  const counts = (stats: TrafficStats): string =>
    [stats.conns, stats.inPackets, stats.outPackets, stats.inBytes, stats.outBytes]
      .map((count) => largeNumber(count, exact))
      .join('');
  return showTable(table, STATS_TITLE, (service) => [
    showServiceName(service.key).padEnd(33) + counts(service.stats),
    ...sortDests(service.dests).map((dest) => showDestName(dest.key) + counts(dest.stats)),
  ]);
}

/** The bytes of `ipvsadm -Ln --rate` (1.31), `exact` with `--exact`, for this table, given in the kernel's order. */
export function showIpvsRate(table: ObservedTable, exact: boolean): string {
  const bytes = (stats: TrafficStats): string =>
    largeNumber(stats.inBps, exact) + largeNumber(stats.outBps, exact);
  const counted = (stats: TrafficStats): readonly bigint[] => [stats.cps, stats.inPps, stats.outPps];
  return showTable(table, RATE_TITLE, (service) => [
    showServiceName(service.key).padEnd(33) +
      counted(service.stats)
        .map((count) => largeNumber(count, exact))
        .join('') +
      bytes(service.stats),
    ...sortDests(service.dests).map(
      (dest) =>
        showDestName(dest.key) +
        // ipvsadm prints these three of a destination whole.
        counted(dest.stats)
          .map((count) => ` ${String(count).padStart(8)}`)
          .join('') +
        bytes(dest.stats),
    ),
  ]);
}

/** From 100,000,000 on with K, M, G or T, truncated, unless exact. */
function largeNumber(n: bigint, exact: boolean): string {
  if (exact) return ` ${String(n).padStart(8)}`;
  if (n < 100_000_000n) return String(n).padStart(9);
  if (n < 1_000_000_000n) return `${String(n / 1000n).padStart(8)}K`;
  if (n < 100_000_000_000n) return `${String(n / 1_000_000n).padStart(8)}M`;
  if (n < 100_000_000_000_000n) return `${String(n / 1_000_000_000n).padStart(8)}G`;
  return `${String(n / 1_000_000_000_000n).padStart(8)}T`;
}

/** `TCP  10.0.0.1:80`, `FWM  8 IPv6`, as every view of ipvsadm -n begins a service's row. */
export function showServiceName(key: ServiceKey): string {
  if (key.kind === 'fwmark') {
    // ipvsadm prints the mark with %d: from 2^31 on it shows negative.
    const mark = `FWM  ${key.fwmark | 0}`;
    return key.family === 'inet6' ? `${mark} IPv6` : mark;
  }
  return `${key.protocol.toUpperCase().padEnd(4)} ${printEndpoint(key.address, key.port)}`;
}

/** `  -> 10.0.0.11:8080`, padded to 33 columns. */
const showDestName = (key: DestKey): string => `  -> ${printEndpoint(key.address, key.port).padEnd(28)}`;

/** A whole listing: ipvsadm's first line, the view's title, then the rows of each service. */
function showTable(
  table: ObservedTable,
  title: string,
  rows: (service: ObservedService) => readonly string[],
): string {
  const header = `IP Virtual Server version ${table.version} (size=${table.connectionTableSize})`;
  const lines = [header, ...title.split('\n'), ...sortServices(table.services).flatMap(rows)];
  return lines.map((line) => `${line}\n`).join('');
}
