import { ipFamily, ipFromBytes, printEndpoint } from '../../base/ip.ts';
import { type Millis, microsToMillis } from '../../base/units.ts';
import type { ServerConfig, ServiceConfig } from '../../model/config.ts';
import { type DestAttrs, destKey, type ServiceKey } from '../../model/services.ts';
import { CHECK_INTERVAL } from '../compose/check.ts';
import { subnetAddress } from '../subnet.ts';
import { millisUnless, mostCommon } from './common.ts';
import { checkerStatement } from './keepalived-checker.ts';
import { linesAt } from './keepalived-lines.ts';
import type { Statement, Unsaid } from './keepalived-words.ts';
import { longestPrefix, SERVICE, schedulerFlagWords } from './service-text.ts';

/** A `virtual_server`, or only a comment where keepalived would drop it; calls `leave` for what keepalived cannot say. */
export function serviceStatement(service: ServiceConfig, leave: (unsaid: Unsaid) => void): Statement {
  const { name, key, attrs, drainTimeout, servers } = service;
  const path = ['services', name];
  const drain = millisUnless(microsToMillis(SERVICE.drain_timeout), drainTimeout);
  if (drain !== undefined) {
    const text = `drain_timeout ${drain}: keepalived takes a server out at once`;
    leave({ path: [...path, 'drain_timeout'], text });
  }
  if (servers.length === 0) {
    leave({ path, text: `${name}: keepalived has no virtual_server without servers` });
    return { text: null };
  }
  const { persistence, onePacket } = attrs;
  const forward = mostCommon(servers.map(forwardText), String)?.value;
  const checks = servers.flatMap(({ checks }) =>
    checks.filter(({ type }) => type !== 'file' && type !== 'bfd'),
  );
  const interval = mostCommon(checks, (check) => String(check.interval))?.value.interval;
  const inherited = interval ?? microsToMillis(CHECK_INTERVAL);
  const inhibits = servers.every(({ inhibitOnFailure }) => inhibitOnFailure);
  const block = [
    ...(interval === undefined ? [] : [`delay_loop ${seconds(interval)}`]),
    `lb_algo ${attrs.scheduler}`,
    ...schedulerFlagWords(attrs),
    `lb_kind ${forward}`,
    ...(persistence === null ? [] : [`persistence_timeout ${persistence.timeout}`]),
    ...(persistence === null || persistence.prefix === longestPrefix(key)
      ? []
      : [`persistence_granularity ${granularity(persistence.prefix, key)}`]),
    ...(persistence?.engine ? [`persistence_engine ${persistence.engine}`] : []),
    ...(key.kind === 'address' ? [`protocol ${key.protocol.toUpperCase()}`] : []),
    ...(onePacket ? ['ops'] : []),
    ...(inhibits ? ['inhibit_on_failure'] : []),
  ];
  const reals = servers.map((server, i) =>
    serverStatement(server, { of: key, forward, inhibits, interval: inherited }, (text) =>
      leave({ path: [...path, 'servers', i], text: `${destKey(server.key)}: ${text}` }),
    ),
  );
  return {
    text: headOf(key, servers),
    above: name === keepalivedName(key) ? [] : [name],
    block: [...block.map((text) => ({ text })), ...quorumLines(service, forward, path, leave), ...reals],
  };
}

/** What a virtual service of a keepalived.conf is called, as that gives it no name: `10.0.0.1:tcp:80`, `fwmark:7`. */
function keepalivedName(key: ServiceKey): string {
  if (key.kind === 'fwmark')
    return key.family === 'inet' ? `fwmark:${key.fwmark}` : `fwmark:${key.fwmark}:inet6`;
  return printEndpoint(key.address, key.port).replace(/:(\d+)$/, `:${key.protocol}:$1`);
}

function headOf(key: ServiceKey, servers: readonly ServerConfig[]): string {
  if (key.kind === 'address') return `virtual_server ${key.address} ${key.port}`;
  // Where keepalived is not told a family, it takes that of the servers.
  const isMixed = servers.some((server) => ipFamily(server.key.address) !== key.family);
  return `virtual_server fwmark ${key.fwmark}${key.family === 'inet6' || isMixed ? ` ${key.family}` : ''}`;
}

/** A netmask for IPv4: keepalived 2.2.7 takes a length for IPv6, and then skips the servers of a fwmark's service. */
const granularity = (prefix: number, key: ServiceKey): string =>
  longestPrefix(key) === 32 ? subnetAddress({ address: ALL_BITS, prefix }, '-') : String(prefix);

const ALL_BITS = ipFromBytes(Uint8Array.of(255, 255, 255, 255));

function forwardText({ attrs: { forward, tunnel } }: { readonly attrs: DestAttrs }): string {
  if (tunnel === null || tunnel.type === 'ipip') return forward.toUpperCase();
  const port = tunnel.type === 'gue' ? ` port ${tunnel.port}` : '';
  const checksum = tunnel.checksum === 'none' ? '' : ` ${tunnel.checksum}`;
  return `TUN type ${tunnel.type}${port}${checksum}`;
}

/** The same for a server of a service that is forwarded otherwise: what is not said would be as the service has it. */
function ownForward(forward: string, service: string | undefined): string {
  if (!service?.startsWith('TUN ') || !forward.startsWith('TUN')) return forward;
  if (forward === 'TUN') return 'TUN type ipip';
  return forward.endsWith('csum') ? forward : `${forward} nocsum`;
}

function quorumLines(
  { key, quorum, sorry, omega, haSuspend }: ServiceConfig,
  serviceForward: string | undefined,
  path: Unsaid['path'],
  leave: (unsaid: Unsaid) => void,
): readonly Statement[] {
  const { line, alone, command } = linesAt(path, leave);
  const forward = sorry === null ? undefined : forwardText(sorry);
  const servicePort = key.kind === 'address' ? key.port : 0;
  const port = sorry === null || sorry.key.port === servicePort ? [] : [sorry.key.port];
  return [
    ...(quorum.quorum === 1 ? [] : line('quorum', quorum.quorum)),
    ...(quorum.hysteresis === 0 ? [] : line('hysteresis', quorum.hysteresis)),
    ...command('quorum_up', quorum.up),
    ...command('quorum_down', quorum.down),
    ...(sorry === null ? [] : line('sorry_server', sorry.key.address, ...port)),
    ...alone('sorry_server_inhibit', sorry?.inhibit ?? false),
    ...(forward === undefined || forward === serviceForward
      ? []
      : [{ text: `sorry_server_lvs_method ${ownForward(forward, serviceForward)}` }]),
    ...alone('omega', omega),
    ...alone('ha_suspend', haSuspend),
  ];
}

function serverStatement(
  { key, attrs, checks, inhibitOnFailure, notifyUp, notifyDown }: ServerConfig,
  service: {
    readonly of: ServiceKey;
    readonly forward: string | undefined;
    readonly inhibits: boolean;
    readonly interval: Millis;
  },
  leave: (text: string) => void,
): Statement {
  const { of, forward: serviceForward, interval } = service;
  const forward = forwardText({ attrs });
  const { command } = linesAt([], ({ text }) => leave(text));
  if (of.kind === 'address' && key.port === 0 && of.port !== 0) {
    leave('keepalived takes the port of the service for port 0');
  }
  const lines = [
    ...(attrs.weight === 1 ? [] : [`weight ${attrs.weight}`]),
    ...(forward === serviceForward ? [] : [`lvs_method ${ownForward(forward, serviceForward)}`]),
    ...(attrs.upperThreshold === 0 ? [] : [`uthreshold ${attrs.upperThreshold}`]),
    ...(attrs.lowerThreshold === 0 ? [] : [`lthreshold ${attrs.lowerThreshold}`]),
    ...(inhibitOnFailure && !service.inhibits ? ['inhibit_on_failure'] : []),
  ];
  return {
    text: `real_server ${key.address}${key.port === 0 ? '' : ` ${key.port}`}`,
    block: [
      ...lines.map((text) => ({ text })),
      ...command('notify_up', notifyUp),
      ...command('notify_down', notifyDown),
      ...checks.flatMap((check) => checkerStatement(check, { key, interval, leave }) ?? []),
    ],
  };
}

const seconds = (duration: Millis): number => duration / 1000;
