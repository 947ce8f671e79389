import { ipFamily, ipFromBytes, printEndpoint } from '../../base/ip.ts';
import { type Millis, microsToMillis, millisToMicros } from '../../base/units.ts';
import type { ServerConfig, ServiceConfig } from '../../model/config.ts';
import type { ServiceGroup } from '../../model/group.ts';
import { type DestAttrs, destKey, type ServiceKey } from '../../model/services.ts';
import { printAddressRange } from '../address-range.ts';
import { CHECK_INTERVAL } from '../compose/check.ts';
import type { CheckerMail } from '../compose/sinks.ts';
import { printDuration } from '../duration.ts';
import { subnetAddress } from '../subnet.ts';
import { millisUnless, mostCommon } from './common.ts';
import { entrancesOf } from './entrances.ts';
import { checkerStatement } from './keepalived-checker.ts';
import { linesAt } from './keepalived-lines.ts';
import { quote, type Statement, type Unsaid } from './keepalived-words.ts';
import { longestPrefix, SERVICE, schedulerFlagWords, usualPort } from './service-text.ts';

/** The `virtual_server_group` of a service of several addresses; none for others. */
export function serverGroupStatements(members: ServiceGroup['members']): readonly Statement[] {
  const [{ name, servers }] = members;
  if (members.length === 1 || servers.length === 0) return [];
  const block = entrancesOf(members).map((each) => ({
    text:
      each.kind === 'fwmark'
        ? `fwmark ${each.fwmark}${each.family === 'inet6' ? ' inet6' : ''}`
        : `${printAddressRange(each)} ${each.port}`,
  }));
  return [{ text: `virtual_server_group ${quote(name) ?? name}`, block }];
}

/**
 * A `virtual_server`, or only a comment where keepalived would drop it; calls `leave` for what keepalived cannot say.
 * `mails` holds for services and servers that say nothing of mail.
 */
export function serviceStatement(
  members: ServiceGroup['members'],
  mails: CheckerMail,
  leave: (unsaid: Unsaid) => void,
): Statement {
  const [service] = members;
  const isGroup = members.length > 1;
  const { name, key, attrs, drainTimeout, servers } = service;
  const path = ['services', name];
  const drain = millisUnless(microsToMillis(SERVICE.drain_timeout), drainTimeout);
  if (drain !== undefined) {
    const text = `drain_timeout ${drain}: keepalived takes a server out at once`;
    leave({ path: [...path, 'drain_timeout'], text });
  }
  for (const [i, { key: server, slowStart }] of servers.entries()) {
    if (slowStart === 0) continue;
    const text = `${destKey(server)}: slow_start ${printDuration(millisToMicros(slowStart))}: keepalived gives a server its whole weight at once`;
    leave({ path: [...path, 'servers', i, 'slow_start'], text });
  }
  if (servers.length === 0) {
    leave({ path, text: `${name}: keepalived has no virtual_server without servers` });
    return { text: null };
  }
  const { persistence, onePacket } = attrs;
  const [protocol] = members.flatMap((each) => (each.key.kind === 'address' ? [each.key.protocol] : []));
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
    ...(protocol === undefined ? [] : [`protocol ${protocol.toUpperCase()}`]),
    ...(onePacket ? ['ops'] : []),
    ...(inhibits ? ['inhibit_on_failure'] : []),
    ...mailLine(service.mail, mails.service),
  ];
  const reals = servers.map((server, i) =>
    serverStatement(
      server,
      { of: key, port: portText(members, i), forward, inhibits, mails: mails.server, interval: inherited },
      (text) => leave({ path: [...path, 'servers', i], text: `${destKey(server.key)}: ${text}` }),
    ),
  );
  return {
    text: isGroup ? `virtual_server group ${quote(name) ?? name}` : headOf(key, servers),
    above: isGroup || name === keepalivedName(key) ? [] : [name],
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

/** The port of a server; none where that is the service's at each of several addresses, or all ports. */
function portText(members: ServiceGroup['members'], i: number): string {
  const isUsual = members.length > 1 && usualPort(members, ({ servers }) => servers[i]) !== null;
  const port = members[0].servers[i]?.key.port ?? 0;
  return isUsual || port === 0 ? '' : ` ${port}`;
}

function serverStatement(
  { key, attrs, checks, inhibitOnFailure, notifyUp, notifyDown, mail }: ServerConfig,
  service: {
    readonly of: ServiceKey;
    /** With a blank before it. */
    readonly port: string;
    readonly forward: string | undefined;
    readonly inhibits: boolean;
    readonly mails: boolean;
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
  // A checker's port is that of the server as far as that has one.
  const written = { ...key, port: service.port === '' ? 0 : key.port };
  const lines = [
    ...(attrs.weight === 1 ? [] : [`weight ${attrs.weight}`]),
    ...(forward === serviceForward ? [] : [`lvs_method ${ownForward(forward, serviceForward)}`]),
    ...(attrs.upperThreshold === 0 ? [] : [`uthreshold ${attrs.upperThreshold}`]),
    ...(attrs.lowerThreshold === 0 ? [] : [`lthreshold ${attrs.lowerThreshold}`]),
    ...(inhibitOnFailure && !service.inhibits ? ['inhibit_on_failure'] : []),
    ...mailLine(mail, service.mails),
  ];
  return {
    text: `real_server ${key.address}${service.port}`,
    block: [
      ...lines.map((text) => ({ text })),
      ...command('notify_up', notifyUp),
      ...command('notify_down', notifyDown),
      ...checks.flatMap((check) => checkerStatement(check, { key: written, interval, leave }) ?? []),
    ],
  };
}

const mailLine = (mail: boolean, usual: boolean): readonly string[] =>
  mail === usual ? [] : [mail ? 'smtp_alert' : 'smtp_alert off'];

const seconds = (duration: Millis): number => duration / 1000;
