import { ipFamily, printEndpoint } from '../../src/base/ip.ts';
import type { Mac } from '../../src/base/mac.ts';
import { centisToMicros, microsToMillis } from '../../src/base/units.ts';
import { virtualMac } from '../../src/config/compose/vmac.ts';
import { liveWeight, stepQuorum } from '../../src/health/quorum.ts';
import { initialState, serverHealth } from '../../src/health/server.ts';
import type { VirtualAddress } from '../../src/model/addresses.ts';
import type { HttpProbe, ProbeConfig } from '../../src/model/check.ts';
import type {
  InstanceConfig,
  ServerConfig,
  ServiceConfig,
  Transport,
  VmacConfig,
} from '../../src/model/config.ts';
import { type Dest, type Service, serviceKey, type Tunnel } from '../../src/model/services.ts';
import { desiredService } from '../../src/plan/desired.ts';
import type { CheckMeaning, InstanceMeaning } from '../support/keepalived-dump.ts';

/** An instance of lbd in the words of keepalived's dump. */
export function meaningOfInstance(instance: InstanceConfig): InstanceMeaning {
  const { name, vrid, priority, preempt, authentication, sourceAddress, vmac, garp } = instance;
  return {
    name,
    interface: instance.interface,
    vrid,
    priority,
    advertInterval: microsToMillis(centisToMicros(instance.advertInterval)),
    preempt,
    authentication: authentication === null ? null : `${authentication.type} ${authentication.password}`,
    source: sourceAddress,
    version: instance.version,
    transport: meaningOfTransport(instance.transport),
    preemptDelay: instance.preemptDelay / 1_000_000,
    downTimerAdverts: instance.downTimerAdverts,
    accept: instance.accept,
    answersLower: instance.answersLower,
    advertisesOnYield: instance.advertisesOnYield,
    promoteSecondaries: instance.promoteSecondaries,
    tracksInterface: instance.tracksInterface,
    vmac: vmac === null ? null : meaningOfVmac(vmac, virtualMac(instance.family, vrid)),
    addresses: instance.virtualAddresses.map(meaningOfAddress),
    excluded: instance.excludedAddresses.map(meaningOfAddress),
    garp: {
      repeat: garp.repeat,
      delay: garp.delay / 1_000_000,
      refresh: garp.refresh / 1_000_000,
      lowerDelay: garp.lowerDelay / 1_000_000,
      refreshRepeat: garp.refreshRepeat,
      lowerRepeat: garp.lowerRepeat,
    },
  };
}

/** It says nothing of the MAC address that it chooses itself. */
const meaningOfVmac = ({ name, mac, transmitsOnBase }: VmacConfig, usual: Mac): string =>
  [name, ...(mac === usual ? [] : [mac]), ...(transmitsOnBase ? ['xmit_base'] : [])].join(' ');

function meaningOfTransport(transport: Transport): string[] {
  if (transport.kind === 'multicast') return [`multicast ${transport.group}`];
  const { ttl, checkSource, peers } = transport;
  return [
    `unicast ttl ${ttl}, ${checkSource ? 'peers only' : 'any source'}`,
    ...peers.map(({ address, minTtl, maxTtl }) => `${address} min_ttl ${minTtl} max_ttl ${maxTtl}`),
  ];
}

function meaningOfAddress(virtual: VirtualAddress): string {
  const { address, prefix, dev, scope, label, broadcast, peer, flags, noTrack } = virtual;
  return [
    `${address}/${prefix}`,
    // To Linux 0.0.0.0 is none (ifa_broadcast).
    ...(broadcast === null || broadcast === '0.0.0.0' ? [] : ['brd', broadcast]),
    // Linux takes the scope of an IPv6 address from the address.
    ...['dev', dev, 'scope', ipFamily(address) === 'inet' ? scope : 'global'],
    ...(label === null ? [] : ['label', label]),
    ...(peer === null ? [] : ['peer', peer]),
    ...FLAGS.filter((flag) => flags.includes(flag)).map((flag) => (flag === 'nodad' ? '-nodad' : flag)),
    ...(noTrack ? ['no_track'] : []),
    ...lifetimeOf(virtual),
  ].join(' ');
}

/** In the order of the dump. */
const FLAGS = ['home', 'nodad', 'mngtmpaddr', 'noprefixroute', 'autojoin'] as const;

/** It says nothing of those of IPv4. */
function lifetimeOf({ address, preferredLifetime: lifetime }: VirtualAddress): string[] {
  if (ipFamily(address) === 'inet') return [];
  return lifetime === 0 ? ['deprecated'] : [`preferred_lft ${lifetime ?? 'forever'}`];
}

/** keepalived's dump says nothing of what is told and not made. */
export const meaningOfChecks = (services: readonly ServiceConfig[]): CheckMeaning[] =>
  services.flatMap(({ key, servers }) =>
    servers.flatMap((server) =>
      server.checks.flatMap((check): CheckMeaning[] => {
        if (check.type === 'file' || check.type === 'bfd') return [];
        const { timeout, interval, warmup, retry, delayBeforeRetry } = check;
        const timing = { interval, warmup, retry, delayBeforeRetry };
        const of = { service: serviceKey(key), server: server.key.address };
        if (check.type === 'misc') {
          const asks = check.isDynamic ? 'dynamic' : '';
          return [{ kind: 'MISC_CHECK', asks, ...of, target: null, timeout: null, ...timing }];
        }
        const target = printEndpoint(check.target.address, check.target.port);
        return [{ ...kindOf(check), ...of, target, timeout, ...timing }];
      }),
    ),
  );

function kindOf(check: Exclude<ProbeConfig, { readonly type: 'misc' | 'file' | 'bfd' }>) {
  switch (check.type) {
    case 'http':
      return { kind: check.tls === null ? 'HTTP_GET' : 'SSL_GET', asks: asksOfHttp(check) };
    case 'smtp':
      return { kind: 'SMTP_CHECK', asks: check.helo };
    case 'dns':
      return { kind: 'DNS_CHECK', asks: `${check.question} ${check.name}` };
    case 'udp': {
      const { reply } = check;
      return { kind: 'UDP_CHECK', asks: reply === null ? '' : `reply ${reply.least} to ${reply.most}` };
    }
    default:
      return { kind: `${check.type.toUpperCase()}_CHECK`, asks: '' };
  }
}

const asksOfHttp = ({ tls, version, fastRecovery, requests }: HttpProbe): string =>
  [
    `http protocol ${version}`,
    ...(tls?.serverName == null ? [] : ['sni']),
    ...(fastRecovery ? ['fast'] : []),
    ...requests.flatMap(({ path, host, expect }) => [
      `url ${path}`,
      ...(host === null ? [] : [`host ${host}`]),
      ...(expect.digest === null ? [] : [`md5 ${expect.digest}`]),
      ...expect.status.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)),
      ...(expect.body === null ? [] : [`regex ${expect.body.pattern}`]),
    ]),
  ].join(' ');

/** `tcp 10.0.0.1:80 -> 10.0.0.11: 5 to 10`, sorted. */
export const showThresholds = (services: readonly ServiceConfig[]): string[] =>
  services
    .flatMap(({ key, servers }) =>
      servers
        .filter(({ attrs }) => attrs.lowerThreshold !== 0 || attrs.upperThreshold !== 0)
        .map(
          (server) =>
            `${serviceKey(key)} -> ${server.key.address}: ${server.attrs.lowerThreshold} to ${server.attrs.upperThreshold}`,
        ),
    )
    .sort();

/** What `ipvsadm -Sn` (1.31) prints before the first checks, but for the order of services. */
export const tableOf = (services: readonly ServiceConfig[]): string[] =>
  services.flatMap((service) => [
    `-A ${nameOf(service)} ${attributesOf(service)}`,
    ...begun(service).map(({ key, attrs }) => {
      const method = { nat: '-m', dr: '-g', tun: '-i', local: '-g', bypass: '-g' }[attrs.forward];
      const at = printEndpoint(key.address, key.port);
      const tunnel = attrs.forward === 'tun' ? tunnelOf(attrs.tunnel) : '';
      return `-a ${nameOf(service)} -r ${at} ${method} -w ${attrs.weight}${tunnel}`;
    }),
  ]);

/** The servers of a service of which nothing is known yet. */
function begun(service: ServiceConfig): readonly Dest[] {
  const health = ({ checks }: ServerConfig) => serverHealth(checks.map(initialState));
  const live = liveWeight(
    service.servers.map((server) => ({ health: health(server), weight: server.attrs.weight })),
  );
  const { has } = stepQuorum(service.quorum, false, live);
  return desiredService(service, {
    health: (_service, server) => health(server),
    weight: (_service, { attrs }) => attrs.weight,
    hasQuorum: () => has,
  }).dests;
}

function nameOf({ key }: Service): string {
  if (key.kind === 'fwmark') return `-f ${key.fwmark}${key.family === 'inet6' ? ' -6' : ''}`;
  const option = { tcp: '-t', udp: '-u', sctp: '--sctp-service' }[key.protocol];
  return `${option} ${printEndpoint(key.address, key.port)}`;
}

function attributesOf({ key, attrs }: Service): string {
  const { scheduler, schedulerFlags, persistence, onePacket } = attrs;
  const isIpv6 = key.kind === 'fwmark' ? key.family === 'inet6' : ipFamily(key.address) === 'inet6';
  const names = /^[sm]h$/.test(scheduler)
    ? [`${scheduler}-fallback`, `${scheduler}-port`]
    : ['flag-1', 'flag-2', 'flag-3'];
  const flags = names.filter((_, i) => schedulerFlags.some((flag) => flag === i + 1)).join(',');
  const words = [`-s ${scheduler}`, flags === '' ? '' : `-b ${flags}`];
  if (persistence !== null) {
    const { timeout, prefix, engine } = persistence;
    const mask = prefix === (isIpv6 ? 128 : 32) ? '' : `-M ${isIpv6 ? prefix : maskOf(prefix)}`;
    words.push(`-p ${timeout}`, mask, engine === null ? '' : `--pe ${engine}`);
  }
  return [...words, onePacket ? '-o' : ''].filter(Boolean).join(' ');
}

const maskOf = (prefix: number): string =>
  [0, 8, 16, 24].map((at) => 256 - 2 ** (8 - Math.max(0, Math.min(8, prefix - at)))).join('.');

function tunnelOf(tunnel: Tunnel | null): string {
  if (tunnel === null || tunnel.type === 'ipip') return ' --tun-type ipip';
  const port = tunnel.type === 'gue' ? ` --tun-port ${tunnel.port}` : '';
  const checksum = tunnel.checksum === 'none' ? 'nocsum' : tunnel.checksum;
  return ` --tun-type ${tunnel.type}${port} --tun-${checksum}`;
}
