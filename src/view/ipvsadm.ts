import { ipFamily } from '../base/ip.ts';
import type { ObservedDest, ObservedService, ObservedTable, Service, Tunnel } from '../model/services.ts';
import { showCounts, showDestRates, showServiceRates, title } from './ipvsadm-counters.ts';
import {
  printGranularity,
  printSchedulerFlags,
  showDestName,
  showForward,
  showServiceName,
} from './ipvsadm-names.ts';
import { sortDests, sortServices } from './ipvsadm-sort.ts';

/** The listings of `ipvsadm -Ln`, by the option that asks for them; `list` for none. */
export const IPVS_VIEWS = ['list', 'stats', 'rate', 'thresholds', 'persistent-conn', 'tun-info'] as const;
export type IpvsView = (typeof IPVS_VIEWS)[number];

export interface IpvsListing {
  readonly view: IpvsView;
  /** `--exact`: counters with all their digits. */
  readonly exact: boolean;
  /** False with `--nosort`: in the kernel's order. */
  readonly sorted: boolean;
}

interface Rows {
  readonly title: string;
  service(service: ObservedService, exact: boolean): string;
  dest(dest: ObservedDest, exact: boolean): string;
}

/** The bytes of `ipvsadm -Ln` (1.31) with these options for this table, given in the kernel's order. */
export function showIpvs(table: ObservedTable, listing: IpvsListing): string {
  const header = `IP Virtual Server version ${table.version} (size=${table.connectionTableSize})\n`;
  return header + showServices(listing.sorted ? sortServices(table.services) : table.services, listing);
}

/** The bytes of `ipvsadm -Ln` that is asked for one service, as by `-t`. */
export const showIpvsService = (service: ObservedService, listing: IpvsListing): string =>
  showServices([service], listing);

function showServices(services: readonly ObservedService[], { view, exact, sorted }: IpvsListing): string {
  const rows = ROWS[view];
  const lines = [
    rows.title,
    ...services.flatMap((service) => [
      rows.service(service, exact),
      ...(sorted ? sortDests(service.dests) : service.dests).map((dest) => rows.dest(dest, exact)),
    ]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** A service's row of `ipvsadm -Ln`. */
export function showServiceLine({ key, attrs }: Service): string {
  const inet6 = key.kind === 'fwmark' ? key.family === 'inet6' : ipFamily(key.address) === 'inet6';
  const flags = attrs.schedulerFlags.length === 0 ? '' : ` (${printSchedulerFlags(attrs)})`;
  const ops = attrs.onePacket ? ' ops' : '';
  return `${showServiceName(key)} ${attrs.scheduler}${flags}${persistence({ key, attrs }, inet6)}${ops}`;
}

function persistence({ attrs: { persistence: kept } }: Service, inet6: boolean): string {
  if (kept === null) return '';
  const mask = printGranularity(kept.prefix, inet6);
  const engine = kept.engine === null ? '' : ` pe ${kept.engine}`;
  return ` persistent ${kept.timeout}${mask === null ? '' : ` mask ${mask}`}${engine}`;
}

/** A destination's row; in most listings it ends in spaces. */
const row = (
  { key }: ObservedDest,
  ...columns: readonly (readonly [text: string | number, width: number])[]
) => [showDestName(key), ...columns.map(([text, width]) => String(text).padEnd(width))].join(' ');

const LIST_TITLE = (more: string) => `Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward ${more}Weight ActiveConn InActConn`;

const wide = (columns: readonly string[]): string =>
  `${'Prot LocalAddress:Port'.padEnd(33)} ${columns.join(' ')}
  -> RemoteAddress:Port`;

const ROWS: Readonly<Record<IpvsView, Rows>> = {
  list: {
    title: LIST_TITLE(''),
    service: showServiceLine,
    dest: (dest) =>
      row(
        dest,
        [showForward(dest.attrs.forward), 7],
        [dest.attrs.weight, 6],
        [dest.activeConns, 10],
        [dest.inactiveConns, 10],
      ),
  },
  stats: {
    title: title(['Conns', 'InPkts', 'OutPkts', 'InBytes', 'OutBytes']),
    service: ({ key, stats }, exact) => showServiceName(key).padEnd(33) + showCounts(stats, exact),
    dest: ({ key, stats }, exact) => showDestName(key) + showCounts(stats, exact),
  },
  rate: {
    title: title(['CPS', 'InPPS', 'OutPPS', 'InBPS', 'OutBPS']),
    service: ({ key, stats }, exact) => showServiceName(key).padEnd(33) + showServiceRates(stats, exact),
    dest: ({ key, stats }, exact) => showDestName(key) + showDestRates(stats, exact),
  },
  thresholds: {
    title: wide(['Uthreshold', 'Lthreshold', 'ActiveConn', 'InActConn ']),
    service: showServiceLine,
    dest: (dest) =>
      row(
        dest,
        [dest.attrs.upperThreshold, 10],
        [dest.attrs.lowerThreshold, 10],
        [dest.activeConns, 10],
        [dest.inactiveConns, 10],
      ),
  },
  'persistent-conn': {
    title: wide(['Weight   ', 'PersistConn', 'ActiveConn', 'InActConn ']),
    service: showServiceLine,
    dest: (dest) =>
      row(
        dest,
        [dest.attrs.weight, 9],
        [dest.persistentConns, 11],
        [dest.activeConns, 10],
        [dest.inactiveConns, 10],
      ),
  },
  'tun-info': {
    title: LIST_TITLE('TunnelInfo    '),
    service: showServiceLine,
    dest: (dest) =>
      row(
        dest,
        [showForward(dest.attrs.forward), 7],
        [showTunnel(dest.attrs.tunnel), 13],
        [dest.attrs.weight, 6],
        [dest.activeConns, 10],
        [dest.inactiveConns, 10],
      ),
  },
};

const CHECKSUMS: Readonly<Record<Tunnel['checksum'], string>> = { none: '-c', csum: '+c', remcsum: 'r+c' };

/** `gue:6080:+c`, `gre:-c`, `ipip`, `n/a`. */
function showTunnel(tunnel: Tunnel | null): string {
  if (tunnel === null) return 'n/a';
  const { type, port, checksum } = tunnel;
  if (type === 'ipip') return type;
  return [type, ...(type === 'gue' ? [port] : []), CHECKSUMS[checksum]].join(':');
}
