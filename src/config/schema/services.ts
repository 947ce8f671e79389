import { z } from 'zod';
import { err, ok, type Result } from '../../base/result.ts';
import { micros, seconds } from '../../base/units.ts';
import type { Forward, Protocol } from '../../model/services.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { maskLength } from '../subnet.ts';
import { checksSchema } from './checks.ts';
import { command } from './commands.ts';
import { parseEndpoint } from './endpoint.ts';
import { entrances } from './entrances.ts';
import { duration, hostAddress, MILLISECOND, parsed, SECOND, wholeNumber } from './scalars.ts';
import { usualServer } from './usual-server.ts';

/** Scheduler modules of Linux (net/netfilter/ipvs, ip_vs_*.c). */
export const SCHEDULERS = [
  ...['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'sh', 'mh', 'dh', 'fo', 'ovf', 'sed', 'nq', 'twos'],
] as const;

/** Which of the three scheduler flags of linux/ip_vs.h (IP_VS_SVC_F_SCHED1 to 3) each word sets, and for whom. */
export const SCHEDULER_FLAGS = {
  'sh-fallback': { flag: 1, scheduler: 'sh' },
  'sh-port': { flag: 2, scheduler: 'sh' },
  'mh-fallback': { flag: 1, scheduler: 'mh' },
  'mh-port': { flag: 2, scheduler: 'mh' },
  'flag-1': { flag: 1, scheduler: null },
  'flag-2': { flag: 2, scheduler: null },
  'flag-3': { flag: 3, scheduler: null },
} as const;

const lower = <T extends string>(written: string) => written.toLowerCase() as T;
const forward = z
  .enum(['dr', 'nat', 'tun', 'DR', 'NAT', 'TUN'])
  .transform(lower<Forward & ('dr' | 'nat' | 'tun')>);
const protocol = z.enum(['tcp', 'udp', 'sctp', 'TCP', 'UDP', 'SCTP']).transform(lower<Protocol>);
const port = wholeNumber(1, 65_535);
const threshold = wholeNumber(0, 2_147_483_647);

const slowStart = () => duration({ least: micros(0), step: MILLISECOND });

const tunnelSchema = z.strictObject({
  type: z.enum(['ipip', 'gue', 'gre']).describe('What carries the packets to the servers'),
  port: port.optional().describe('UDP port of gue'),
  checksum: z
    .enum(['none', 'csum', 'remcsum'])
    .prefault('none')
    .describe('csum for gue and gre, remcsum (remote checksum offload) for gue'),
});
export type WrittenTunnel = z.output<typeof tunnelSchema>;

const serverMapping = z.strictObject({
  address: hostAddress.describe('Address of the real server'),
  port: wholeNumber(0, 65_535).optional().describe("The service's port unless given; only nat can change it"),
  weight: wholeNumber(0, 2_147_483_647).prefault(1).describe('Share of connections; 0 gives no new ones'),
  forward: forward.optional().describe("The service's way of forwarding unless given"),
  tunnel: tunnelSchema.optional().describe("The service's tunnel unless given"),
  upper_threshold: threshold.prefault(0).describe('No new connections above this many; 0 for no limit'),
  lower_threshold: threshold
    .prefault(0)
    .describe('New connections again below this many; 0 for three quarters'),
  check: z
    .union([z.literal('none'), checksSchema])
    .optional()
    .describe("Replaces fields of the service's check of that type, or all checks; none: always in"),
  inhibit_on_failure: z.boolean().optional().describe("As the service's unless given"),
  slow_start: slowStart().optional().describe("As the service's unless given"),
  notify_up: command.optional().describe('Command to run when the server comes'),
  notify_down: command.optional().describe('Command to run when the server goes'),
  mail: z
    .boolean()
    .optional()
    .describe(
      "Mail when the server comes or goes, keepalived's smtp_alert; true unless smtp_alert_checker is false",
    ),
});
export type WrittenServer = z.output<typeof serverMapping>;

/** A server as a mapping, or as `address`, `address:port`, `[address6]:port`. */
export const anyServer = z.union([parsed(z.string(), parseEndpoint).pipe(serverMapping), serverMapping]);
// Without it 100,000 of them take a second, most of it to try one alternative after the other.
const serverSchema = z.withParser(anyServer, (written) => usualServer(written) ?? z.INVALID);

const sorryMapping = z.strictObject({
  address: hostAddress.describe('Address of the sorry server'),
  port: port.optional().describe("The service's port unless given; only nat can change it"),
  forward: forward.optional().describe("The service's way of forwarding unless given"),
  tunnel: tunnelSchema.optional().describe("The service's tunnel unless given"),
});
export type WrittenSorryServer = z.output<typeof sorryMapping>;

/** A sorry server as a mapping, or as `address`, `address:port`, `[address6]:port`. */
const sorrySchema = z.union([parsed(z.string(), parseEndpoint).pipe(sorryMapping), sorryMapping]);

const MOST_WEIGHT = 2_147_483_647;

/** One entry of `services`: a virtual service and its real servers. */
export const serviceSchema = z.strictObject({
  address: hostAddress.optional().describe('Virtual address; or addresses; or fwmark'),
  addresses: entrances
    .optional()
    .describe(
      'Several addresses that share servers, checks and quorum: A, A:PORT, a range A-N or A-B, a network A/LEN, or { fwmark: N }',
    ),
  port: wholeNumber(0, 65_535).optional().describe('Port; 0 for all ports of a persistent service'),
  protocol: protocol.optional().describe('tcp, udp or sctp; needed with an address'),
  fwmark: wholeNumber(1, 4_294_967_295)
    .optional()
    .describe('Firewall mark, in place of address, port and protocol'),
  ip_family: z.enum(['inet', 'inet6']).optional().describe('Of a fwmark service; inet unless given'),
  scheduler: z.enum(SCHEDULERS).prefault('wlc').describe("The kernel's scheduler"),
  scheduler_flags: z
    .array(z.enum(Object.keys(SCHEDULER_FLAGS) as (keyof typeof SCHEDULER_FLAGS)[]))
    .prefault([])
    .describe('Options of sh and mh'),
  forward: forward.prefault('nat').describe('How packets reach the servers: dr, nat or tun'),
  tunnel: tunnelSchema.optional().describe('How forward: tun reaches the servers; ipip unless given'),
  ops: z
    .boolean()
    .prefault(false)
    .describe('One-packet scheduling: every UDP datagram is balanced by itself'),
  persistence_timeout: duration({ least: SECOND, most: seconds(31 * 86_400), step: SECOND })
    .optional()
    .describe('A client stays with its server for this long after its last connection'),
  persistence_granularity: parsed(z.union([z.int(), z.string()]), parseGranularity)
    .optional()
    .describe('Prefix length or netmask of clients that stay together; 32, or 128 for IPv6, unless given'),
  persistence_engine: z.literal('sip').optional().describe('sip: persistence by Call-ID'),
  drain_timeout: duration({ least: micros(0), step: MILLISECOND })
    .prefault('5m')
    .describe(
      'A server that is taken out of the file gets no new connections and keeps those it has, at most for this long',
    ),
  check: checksSchema
    .optional()
    .describe('How servers are checked, a list for several checks; without it they are always in'),
  quorum: wholeNumber(1, MOST_WEIGHT)
    .prefault(1)
    .describe('Weight of servers that are up which makes the service up'),
  hysteresis: wholeNumber(0, MOST_WEIGHT)
    .prefault(0)
    .describe('How far above the quorum it is gained, and below it is lost'),
  quorum_up: command.optional().describe('Command to run when the quorum is gained'),
  quorum_down: command.optional().describe('Command to run when the quorum is lost'),
  mail: z
    .boolean()
    .optional()
    .describe(
      "Mail when the quorum is gained or lost, keepalived's smtp_alert; false unless smtp_alert_checker is true",
    ),
  sorry_server: sorrySchema
    .optional()
    .describe('Serves in place of all servers while there is no quorum: address, address:port, or a map'),
  sorry_server_inhibit: z
    .boolean()
    .prefault(false)
    .describe('The sorry server stays with weight 0 while there is a quorum'),
  inhibit_on_failure: z
    .boolean()
    .prefault(false)
    .describe(
      'A server that fails gets weight 0, in place of being taken out: persistent clients still reach it',
    ),
  slow_start: slowStart()
    .prefault(0)
    .describe('The weight of a server that recovers rises from a tenth to the whole over this time'),
  omega: z
    .boolean()
    .prefault(false)
    .describe('A stop runs notify_down of all servers that are up, and quorum_down'),
  ha_suspend: z
    .boolean()
    .prefault(false)
    .describe('No checks while the address of the service is not on this machine'),
  servers: z.array(serverSchema).describe('Real servers: address, address:port, or a map'),
});
export type WrittenService = z.output<typeof serviceSchema>;

function parseGranularity(written: number | string): Result<number, Problem> {
  const length = typeof written === 'number' ? written : maskLength(written);
  return length !== null && length >= 1 && length <= 128
    ? ok(length)
    : err(mistake('bad_value', `${written} is no prefix length or netmask`));
}
