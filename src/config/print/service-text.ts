import type { z } from 'zod';
import { ipFamily, printEndpoint } from '../../base/ip.ts';
import { type Millis, microsToMillis, millis, seconds } from '../../base/units.ts';
import type { ServerConfig, ServiceConfig, SorryServerConfig } from '../../model/config.ts';
import { groupsOf, type ServiceGroup } from '../../model/group.ts';
import type {
  DestKey,
  Forward,
  Persistence,
  ServiceAttrs,
  ServiceKey,
  Tunnel,
} from '../../model/services.ts';
import { printAddressRange } from '../address-range.ts';
import type { CheckerMail } from '../compose/sinks.ts';
import { composeTunnel } from '../compose/tunnel.ts';
import { printDuration } from '../duration.ts';
import { SCHEDULER_FLAGS, serviceSchema } from '../schema/services.ts';
import { writeChecks } from './checks.ts';
import { millisUnless, mostCommon, named, unless } from './common.ts';
import { entrancesOf } from './entrances.ts';
import { writeCommand } from './tracking.ts';

type ServiceText = z.input<typeof serviceSchema>;
type ServerText = ServiceText['servers'][number];

/** A service that says no more than it must. */
export const SERVICE = serviceSchema.parse({ servers: [] });
const IPIP = composeTunnel(undefined);
const NEVER = millis(0);

/** The key `services`; undefined for none. `mails` holds for services and servers that say nothing of mail. */
export function writeServices(
  services: readonly ServiceConfig[],
  mails: CheckerMail,
): Record<string, ServiceText> | undefined {
  const groups = groupsOf(services).map(({ members }) => ({ name: members[0].name, members }));
  return named(groups, ({ members }) => writeService(members, mails));
}

function writeService(members: ServiceGroup['members'], mails: CheckerMail): ServiceText {
  const [service] = members;
  const { key, attrs, drainTimeout, quorum, sorry, servers } = service;
  const forward = mostCommon(
    servers.map(({ attrs }) => attrs.forward),
    String,
  )?.value;
  const tunnels = servers.flatMap(({ attrs }) => attrs.tunnel ?? []);
  const tunnel = mostCommon(tunnels, tunnelKey)?.value ?? IPIP;
  const checks = writeChecks(servers.map((server, i) => withTold(server, members, i)));
  const inhibits = mostCommon(
    servers.map(({ inhibitOnFailure }) => inhibitOnFailure),
    String,
  )?.value;
  const usual = forward ?? SERVICE.forward;
  const slow = mostCommon(
    servers.map(({ slowStart }) => slowStart),
    String,
  )?.value;
  return {
    ...(members.length === 1 ? keyText(key) : entrancesText(members)),
    scheduler: attrs.scheduler as ServiceText['scheduler'],
    scheduler_flags: attrs.schedulerFlags.length === 0 ? undefined : schedulerFlagWords(attrs),
    forward: forward as ServiceText['forward'],
    tunnel: tunnelText(IPIP, tunnel),
    ops: unless(false, attrs.onePacket),
    ...(attrs.persistence === null ? {} : persistenceText(attrs.persistence, oddPrefix(members))),
    drain_timeout: millisUnless(microsToMillis(SERVICE.drain_timeout), drainTimeout),
    check: checks.shared,
    quorum: unless(1, quorum.quorum),
    hysteresis: unless(0, quorum.hysteresis),
    quorum_up: writeCommand(quorum.up),
    quorum_down: writeCommand(quorum.down),
    mail: unless(mails.service, service.mail),
    sorry_server:
      sorry === null
        ? undefined
        : sorryText(sorry, {
            port: usualPort(members, ({ sorry }) => sorry),
            forward: usual,
            tunnel,
          }),
    sorry_server_inhibit: unless(false, sorry?.inhibit ?? false),
    inhibit_on_failure: unless(false, inhibits ?? false),
    slow_start: millisUnless(NEVER, slow ?? NEVER),
    omega: unless(false, service.omega),
    ha_suspend: unless(false, service.haSuspend),
    servers: servers.map((server, i) =>
      serverText(server, {
        port: usualPort(members, ({ servers }) => servers[i]),
        inhibits: inhibits ?? false,
        slow: slow ?? NEVER,
        mail: mails.server,
        forward: server.attrs.forward === forward ? undefined : server.attrs.forward,
        tunnel: server.attrs.tunnel === null ? undefined : tunnelText(tunnel, server.attrs.tunnel),
        check: checks.own[i],
      }),
    ),
  };
}

const keyText = (key: ServiceKey): Partial<ServiceText> =>
  key.kind === 'address'
    ? { address: key.address, port: key.port, protocol: key.protocol }
    : { fwmark: key.fwmark, ip_family: unless('inet', key.family) };

const portOf = (key: ServiceKey): number => (key.kind === 'address' ? key.port : 0);

/** The port of a server that has that of its service everywhere; null for one with a port of its own. */
export function usualPort(
  members: ServiceGroup['members'],
  serverOf: (member: ServiceConfig) => { readonly key: DestKey } | null | undefined,
): number | null {
  const hasIts = members.every((member) => serverOf(member)?.key.port === portOf(member.key));
  return hasIts ? portOf(members[0].key) : null;
}

/** A port that no check goes to: what is compared with it has to be said. */
const NO_PORT = -1;

/** The server, as one of another port where its checks do not go to its own port at each of the addresses. */
function withTold(server: ServerConfig, members: ServiceGroup['members'], i: number): ServerConfig {
  const isUsual = members.every((member) => {
    const { key, checks = [] } = member.servers[i] ?? {};
    return checks.every((check) => !('target' in check) || check.target.port === key?.port);
  });
  if (isUsual || members.length === 1) return server;
  return { ...server, key: { ...server.key, port: NO_PORT } };
}

/** The key of a member whose clients are grouped, or of the first. */
const oddPrefix = (members: ServiceGroup['members']): ServiceKey =>
  (members.find(({ key, attrs }) => attrs.persistence?.prefix !== longestPrefix(key)) ?? members[0]).key;

/** What a service of several addresses says of them. */
function entrancesText(members: ServiceGroup['members']): Partial<ServiceText> {
  const ports = new Set(members.flatMap(({ key }) => (key.kind === 'address' ? [key.port] : [])));
  const [port] = ports;
  const protocol = members.flatMap(({ key }) => (key.kind === 'address' ? [key.protocol] : []))[0];
  return {
    addresses: entrancesOf(members).map((each) => {
      if (each.kind === 'fwmark') return { fwmark: each.fwmark, ip_family: unless('inet', each.family) };
      const range = printAddressRange(each);
      if (ports.size === 1) return range;
      return ipFamily(each.first) === 'inet6' ? `[${range}]:${each.port}` : `${range}:${each.port}`;
    }),
    port: ports.size === 1 ? port : undefined,
    protocol,
  };
}

/** The words of scheduler flags, by the scheduler where it has words of its own. */
export function schedulerFlagWords({ scheduler, schedulerFlags }: ServiceAttrs) {
  const words = Object.keys(SCHEDULER_FLAGS) as (keyof typeof SCHEDULER_FLAGS)[];
  return schedulerFlags.flatMap((flag) => {
    const named = words.filter((word) => SCHEDULER_FLAGS[word].flag === flag);
    return named.find((word) => SCHEDULER_FLAGS[word].scheduler === scheduler) ?? named.slice(-1);
  });
}

/** The prefix length that groups no clients. */
export const longestPrefix = (key: ServiceKey): 32 | 128 =>
  (key.kind === 'fwmark' ? key.family : ipFamily(key.address)) === 'inet' ? 32 : 128;

const persistenceText = (
  { timeout, prefix, engine }: Persistence,
  key: ServiceKey,
): Partial<ServiceText> => ({
  persistence_timeout: printDuration(seconds(timeout)),
  persistence_granularity: unless<number>(longestPrefix(key), prefix),
  persistence_engine: (engine ?? undefined) as ServiceText['persistence_engine'],
});

const tunnelKey = ({ type, port, checksum }: Tunnel): string => `${type} ${port} ${checksum}`;

function tunnelText(fallback: Tunnel, tunnel: Tunnel): ServiceText['tunnel'] {
  if (tunnelKey(tunnel) === tunnelKey(fallback)) return undefined;
  const { type, port, checksum } = tunnel;
  return { type, port: unless(0, port), checksum: unless('none', checksum) };
}

function serverText(
  { key, attrs, inhibitOnFailure, slowStart, notifyUp, notifyDown, mail }: ServerConfig,
  service: {
    /** Which it has where it says none; null where it has to say one. */
    readonly port: number | null;
    readonly inhibits: boolean;
    readonly slow: Millis;
    readonly mail: boolean;
    readonly forward: Forward | undefined;
    readonly tunnel: ServiceText['tunnel'];
    readonly check: ReturnType<typeof writeChecks>['own'][number];
  },
): ServerText {
  const port = unless<number | null>(service.port, key.port) ?? undefined;
  const more = {
    weight: unless(1, attrs.weight),
    forward: service.forward as ServiceText['forward'],
    tunnel: service.tunnel,
    upper_threshold: unless(0, attrs.upperThreshold),
    lower_threshold: unless(0, attrs.lowerThreshold),
    check: service.check,
    inhibit_on_failure: unless(service.inhibits, inhibitOnFailure),
    slow_start: millisUnless(service.slow, slowStart),
    notify_up: writeCommand(notifyUp),
    notify_down: writeCommand(notifyDown),
    mail: unless(service.mail, mail),
  };
  // The short form has no port 0.
  if (port !== 0 && Object.values(more).every((value) => value === undefined)) {
    return port === undefined ? key.address : printEndpoint(key.address, port);
  }
  return { address: key.address, port, ...more };
}

function sorryText(
  { key, attrs }: SorryServerConfig,
  service: { readonly port: number | null; readonly forward: Forward; readonly tunnel: Tunnel },
): ServiceText['sorry_server'] {
  const port = unless<number | null>(service.port, key.port) ?? undefined;
  const more = {
    forward: unless(service.forward, attrs.forward) as ServiceText['forward'],
    tunnel: attrs.tunnel === null ? undefined : tunnelText(service.tunnel, attrs.tunnel),
  };
  if (Object.values(more).every((value) => value === undefined)) {
    return port === undefined ? key.address : printEndpoint(key.address, port);
  }
  return { address: key.address, port, ...more };
}
