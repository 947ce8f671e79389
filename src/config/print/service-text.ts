import type { z } from 'zod';
import { ipFamily, printEndpoint } from '../../base/ip.ts';
import { microsToMillis, seconds } from '../../base/units.ts';
import type { ServerConfig, ServiceConfig, SorryServerConfig } from '../../model/config.ts';
import type { Forward, Persistence, ServiceAttrs, ServiceKey, Tunnel } from '../../model/services.ts';
import { composeTunnel } from '../compose/tunnel.ts';
import { printDuration } from '../duration.ts';
import { SCHEDULER_FLAGS, serviceSchema } from '../schema/services.ts';
import { writeChecks } from './checks.ts';
import { millisUnless, mostCommon, unless } from './common.ts';
import { writeCommand } from './tracking.ts';

type ServiceText = z.input<typeof serviceSchema>;
type ServerText = ServiceText['servers'][number];

/** A service that says no more than it must. */
export const SERVICE = serviceSchema.parse({ servers: [] });
const IPIP = composeTunnel(undefined);

export function writeService(service: ServiceConfig): ServiceText {
  const { key, attrs, drainTimeout, quorum, sorry, servers } = service;
  const forward = mostCommon(
    servers.map(({ attrs }) => attrs.forward),
    String,
  )?.value;
  const tunnels = servers.flatMap(({ attrs }) => attrs.tunnel ?? []);
  const tunnel = mostCommon(tunnels, tunnelKey)?.value ?? IPIP;
  const checks = writeChecks(servers);
  const port = key.kind === 'address' ? key.port : 0;
  const inhibits = mostCommon(
    servers.map(({ inhibitOnFailure }) => inhibitOnFailure),
    String,
  )?.value;
  const usual = forward ?? SERVICE.forward;
  return {
    ...keyText(key),
    scheduler: attrs.scheduler as ServiceText['scheduler'],
    scheduler_flags: attrs.schedulerFlags.length === 0 ? undefined : schedulerFlagWords(attrs),
    forward: forward as ServiceText['forward'],
    tunnel: tunnelText(IPIP, tunnel),
    ops: unless(false, attrs.onePacket),
    ...(attrs.persistence === null ? {} : persistenceText(attrs.persistence, key)),
    drain_timeout: millisUnless(microsToMillis(SERVICE.drain_timeout), drainTimeout),
    check: checks.shared,
    quorum: unless(1, quorum.quorum),
    hysteresis: unless(0, quorum.hysteresis),
    quorum_up: writeCommand(quorum.up),
    quorum_down: writeCommand(quorum.down),
    sorry_server: sorry === null ? undefined : sorryText(sorry, { port, forward: usual, tunnel }),
    sorry_server_inhibit: unless(false, sorry?.inhibit ?? false),
    inhibit_on_failure: unless(false, inhibits ?? false),
    omega: unless(false, service.omega),
    ha_suspend: unless(false, service.haSuspend),
    servers: servers.map((server, i) =>
      serverText(server, {
        port,
        inhibits: inhibits ?? false,
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
  { key, attrs, inhibitOnFailure, notifyUp, notifyDown }: ServerConfig,
  service: {
    readonly port: number;
    readonly inhibits: boolean;
    readonly forward: Forward | undefined;
    readonly tunnel: ServiceText['tunnel'];
    readonly check: ReturnType<typeof writeChecks>['own'][number];
  },
): ServerText {
  const port = unless(service.port, key.port);
  const more = {
    weight: unless(1, attrs.weight),
    forward: service.forward as ServiceText['forward'],
    tunnel: service.tunnel,
    upper_threshold: unless(0, attrs.upperThreshold),
    lower_threshold: unless(0, attrs.lowerThreshold),
    check: service.check,
    inhibit_on_failure: unless(service.inhibits, inhibitOnFailure),
    notify_up: writeCommand(notifyUp),
    notify_down: writeCommand(notifyDown),
  };
  // The short form has no port 0.
  if (port !== 0 && Object.values(more).every((value) => value === undefined)) {
    return port === undefined ? key.address : printEndpoint(key.address, port);
  }
  return { address: key.address, port, ...more };
}

function sorryText(
  { key, attrs }: SorryServerConfig,
  service: { readonly port: number; readonly forward: Forward; readonly tunnel: Tunnel },
): ServiceText['sorry_server'] {
  const port = unless(service.port, key.port);
  const more = {
    forward: unless(service.forward, attrs.forward) as ServiceText['forward'],
    tunnel: attrs.tunnel === null ? undefined : tunnelText(service.tunnel, attrs.tunnel),
  };
  if (Object.values(more).every((value) => value === undefined)) {
    return port === undefined ? key.address : printEndpoint(key.address, port);
  }
  return { address: key.address, port, ...more };
}
