import { type Ip, ipFamily } from '../base/ip.ts';
import type { InstanceConfig } from '../model/config.ts';
import { PRIORITY_OWNER } from '../wire/vrrp.ts';

/** Takes our table away, whether or not it is there (nft(8); `destroy` is newer than Debian 12). */
export const NO_FIREWALL = 'table inet lbd\ndelete table inet lbd\n';

/**
 * The nft script that drops packets to the addresses of routers with Accept_Mode False (RFC 9568 §6.1): one table of our
 * own, replaced as a whole. Null where no address asks for it. The rules may stand on a backup, which does not have the
 * addresses, so that a takeover does not wait for them.
 */
export function firewallScript(instances: readonly InstanceConfig[]): string | null {
  const dropped = instances
    // RFC 9568 §6.4.3: the owner of the addresses accepts packets to them, whatever Accept_Mode is.
    .filter(({ accept, priority }) => !accept && priority !== PRIORITY_OWNER)
    .flatMap(({ virtualAddresses, excludedAddresses }) => [...virtualAddresses, ...excludedAddresses])
    .map(({ address }) => address);
  if (dropped.length === 0) return null;
  const of = (family: 'inet' | 'inet6') => [
    ...new Set(dropped.filter((address) => ipFamily(address) === family)),
  ];
  return [
    NO_FIREWALL.trim(),
    'table inet lbd {',
    '  chain input {',
    '    type filter hook input priority -1; policy accept;',
    // RFC 9568 §6.1: neighbour solicitations and advertisements MUST NOT be dropped.
    '    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
    ...drop('ip', of('inet')),
    ...drop('ip6', of('inet6')),
    '  }',
    '}',
    '',
  ].join('\n');
}

const drop = (protocol: 'ip' | 'ip6', addresses: readonly Ip[]): readonly string[] =>
  addresses.length === 0 ? [] : [`    ${protocol} daddr { ${addresses.join(', ')} } drop`];
