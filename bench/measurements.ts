// What can be measured, and what is told of it.
import { parseArgs } from 'node:util';
import { measureChecks } from './checks/checks.ts';
import { measureConfig } from './config/config.ts';
import { measureDisruption } from './disruption/disruption.ts';
import { measureFailover } from './failover/failover.ts';
import { measureFalseFailovers } from './failover/false-failover.ts';
import { measureHandover } from './failover/handover.ts';
import { measureFootprint } from './footprint/footprint.ts';
import { measureIpvs } from './packets/ipvs.ts';
import { measurePackets } from './packets/packets.ts';
import { measureProgramming } from './programming.ts';
import { measureReloads } from './reloads.ts';
import { onIpvs } from './report/guest.ts';
import type { Measurement } from './report/report.ts';
import { measureScale } from './scale.ts';
import { measureThroughput } from './throughput/throughput.ts';

/** One that can be asked for by its name. */
export interface Listed {
  /** What `--list` says of it, and how long it takes without options, where that is known. */
  readonly says: string;
  readonly takes?: string;
  /** What stands behind each of its options; null where nothing does. Words are checked against them before anything is measured. */
  readonly options?: Readonly<Record<string, string | null>>;
  readonly measure: Measurement;
}

const ADVERTS = "'v2 1 s', 'v3 100 ms' or 'v3 10 ms'";

/** Lines for people who ask what there is. */
export const listed = (): string =>
  Object.entries(MEASUREMENTS)
    .map(
      ([name, { says, takes }]) => `${name.padEnd(15)} ${says}${takes === undefined ? '' : ` (${takes})`}\n`,
    )
    .join('');

/** What there is to know of one, for its --help. */
export function helpOf(name: string, { says, takes, options }: Listed): string {
  const lines =
    options === undefined
      ? ['  bench/README.md tells its options, if it has any']
      : Object.entries(options).map(([option, value]) => `  --${option.padEnd(10)} ${value ?? ''}`.trimEnd());
  return `${name}: ${says}${takes === undefined ? '' : `; without options ${takes}`}\n${lines.join('\n')}\n`;
}

/** Why these words are not for this one; null where nothing speaks against them. Values are looked at when it is taken. */
export function refusalOf({ options }: Listed, args: readonly string[]): string | null {
  if (options === undefined) return null;
  const types = Object.entries(options).map(([option, value]) => [
    option,
    { type: value === null ? ('boolean' as const) : ('string' as const) },
  ]);
  try {
    parseArgs({ args: [...args], options: Object.fromEntries(types) });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** In the order in which all are taken. */
export const MEASUREMENTS: Readonly<Record<string, Listed>> = {
  programming: {
    says: 'microseconds for one change of the IPVS table',
    measure: onIpvs('programming.js', measureProgramming),
  },
  reloads: {
    says: 'requests lost while the configuration is reloaded',
    measure: onIpvs('reloads.js', measureReloads),
  },
  scale: {
    says: 'a table of 1,000 services with 100 servers each, from start to stop',
    measure: onIpvs('scale.js', measureScale),
  },
  throughput: {
    says: 'requests and datagrams a second through the virtual address',
    takes: '10 minutes, and 15 in the guest',
    options: { rounds: 'N, 5', seconds: 'N, 3', 'no-guest': null },
    measure: measureThroughput,
  },
  failover: {
    says: 'what a client loses when the master dies and when it comes back',
    takes: '20 minutes',
    options: {
      rounds: 'N, 5',
      adverts: ADVERTS,
      death: "'planned handover', SIGTERM, 'link cut', 'kill -9' or hang",
    },
    measure: measureFailover,
  },
  handover: {
    says: 'what a client loses when the master is stopped on purpose and comes back',
    takes: '5 minutes',
    options: { rounds: 'N, 5', adverts: `${ADVERTS}; the first` },
    measure: measureHandover,
  },
  'false-failover': {
    says: 'how often the address moves for no reason on a busy machine',
    takes: '92 minutes',
    options: {
      seconds: 'N, 600',
      rounds: 'N, 1',
      adverts: ADVERTS,
      program: "lbd, keepalived or 'keepalived real-time'",
    },
    measure: measureFalseFailovers,
  },
  checks: {
    says: 'what health checks by TCP cost, and what they do to adverts',
    measure: measureChecks,
  },
  footprint: {
    says: 'start to first advert, memory, and processor of many instances',
    measure: measureFootprint,
  },
  config: {
    says: 'time and memory to check and plan a configuration',
    measure: measureConfig,
  },
  packets: { says: 'nanoseconds and frames a second of the XDP program', measure: measurePackets },
  ipvs: {
    says: 'frames a second of XDP beside IPVS',
    measure: onIpvs('packets/ipvs.js', measureIpvs),
  },
  disruption: {
    says: 'flows that go to another server when something changes',
    measure: measureDisruption,
  },
};
