import { ipFamily, printEndpoint } from '../base/ip.ts';
import type {
  DesiredService,
  Dest,
  Forward,
  Protocol,
  ServiceAttrs,
  ServiceKey,
  Tunnel,
} from '../model/services.ts';
import { printGranularity, printMark, printSchedulerFlags } from './ipvsadm-names.ts';
import { compareNumbers, sortDests, sortServices } from './ipvsadm-sort.ts';

/** How much is told: what `ipvsadm -Sn` tells, or everything that its language can say. */
export type RuleDetail = 'as_ipvsadm' | 'lossless';

/**
 * The services as commands of ipvsadm, a line each: the bytes of `ipvsadm -Sn` (1.31), which leaves out the thresholds
 * of servers (-x, -y) and the third flag of sh and mh; `lossless` has them. Its order is by the numbers, and not
 * ipvsadm's: what that is also depends on the kernel's, which is another one after a restore.
 */
export function printIpvsRules(services: readonly DesiredService[], detail: RuleDetail): string {
  const order = detail === 'lossless' ? compareNumbers : undefined;
  return sortServices(services, order)
    .flatMap(({ key, attrs, dests }) => [
      `-A ${printKey(key)} ${printAttrs(key, attrs, detail)}\n`,
      ...sortDests(dests, order).map((dest) => `-a ${printKey(key)} ${printDest(dest, detail)}\n`),
    ])
    .join('');
}

const PROTOCOLS: Readonly<Record<Protocol, string>> = { tcp: '-t', udp: '-u', sctp: '--sctp-service' };

function printKey(key: ServiceKey): string {
  if (key.kind === 'address') return `${PROTOCOLS[key.protocol]} ${printEndpoint(key.address, key.port)}`;
  return `-f ${printMark(key.fwmark)}${key.family === 'inet6' ? ' -6' : ''}`;
}

function printAttrs(key: ServiceKey, attrs: ServiceAttrs, detail: RuleDetail): string {
  const { scheduler, schedulerFlags, persistence, onePacket } = attrs;
  const inet6 = key.kind === 'fwmark' ? key.family === 'inet6' : ipFamily(key.address) === 'inet6';
  const mask = persistence === null ? null : printGranularity(persistence.prefix, inet6);
  return [
    `-s ${scheduler}`,
    ...(persistence === null ? [] : [`-p ${persistence.timeout}`]),
    ...(mask === null ? [] : [`-M ${mask}`]),
    ...(persistence?.engine ? [`--pe ${persistence.engine}`] : []),
    ...(onePacket ? ['-o'] : []),
    ...(schedulerFlags.length === 0 ? [] : [`-b ${printFlags(attrs, detail)}`]),
  ].join(' ');
}

function printFlags(attrs: ServiceAttrs, detail: RuleDetail): string {
  const named = printSchedulerFlags(attrs);
  const isLost = attrs.schedulerFlags.includes(3) && !named.includes('flag-3');
  if (detail === 'as_ipvsadm' || !isLost) return named;
  return named === '' ? 'flag-3' : `${named},flag-3`;
}

// ipvsadm has no option for bypass and hands printf a null pointer, for which glibc prints "(null)".
const FORWARDS: Readonly<Record<Forward, string>> = {
  nat: '-m',
  local: '-g',
  tun: '-i',
  dr: '-g',
  bypass: '(null)',
};

const CHECKSUMS: Readonly<Record<Tunnel['checksum'], string>> = {
  none: '--tun-nocsum',
  csum: '--tun-csum',
  remcsum: '--tun-remcsum',
};

function printDest({ key, attrs }: Dest, detail: RuleDetail): string {
  const { forward, weight, tunnel, upperThreshold, lowerThreshold } = attrs;
  const thresholds = [
    ...(upperThreshold === 0 ? [] : [`-x ${upperThreshold}`]),
    ...(lowerThreshold === 0 ? [] : [`-y ${lowerThreshold}`]),
  ];
  return [
    `-r ${printEndpoint(key.address, key.port)} ${FORWARDS[forward]} -w ${weight}`,
    ...(forward === 'tun' && tunnel !== null ? printTunnel(tunnel) : []),
    ...(detail === 'lossless' ? thresholds : []),
  ].join(' ');
}

function printTunnel({ type, port, checksum }: Tunnel): readonly string[] {
  if (type === 'ipip') return ['--tun-type ipip'];
  return [`--tun-type ${type}`, ...(type === 'gue' ? [`--tun-port ${port}`] : []), CHECKSUMS[checksum]];
}
