import { type Family, type Ip, ipFamily } from '../base/ip.ts';
import type { Tunnel } from '../model/services.ts';

/** How packets reach a real server: null as they are (direct routing), or in a tunnel. */
export type TunnelEnd = Pick<Tunnel, 'type' | 'port'> | null;

/** A virtual address and where a real server has it. */
export interface HeldAddress {
  readonly address: Ip;
  readonly dev: string;
  readonly tunnel: TunnelEnd;
}

/** A setting of an interface, or of all: `value` is set where what is in force is none of `fits`. */
export interface SysctlNeed {
  readonly kind: 'sysctl';
  readonly name: string;
  readonly value: string;
  readonly fits: readonly string[];
}

/** What a real server needs besides the address. */
export type Need =
  | { readonly kind: 'module'; readonly name: string }
  | SysctlNeed
  | { readonly kind: 'link'; readonly dev: string }
  | { readonly kind: 'gue'; readonly port: number; readonly family: Family };

/**
 * Values of arp_ignore with which an interface does not answer for an address of another one: 1 and 2 look for the
 * target on the interface, 8 answers for nothing (Documentation/networking/ip-sysctl.rst).
 */
export const SILENT: readonly string[] = ['1', '2', '8'];

/** Values of rp_filter that let packets of clients out of a tunnel although the way back to them is another. */
export const NOT_STRICT: readonly string[] = ['0', '2'];

/**
 * What is in force on an interface: of arp_ignore, arp_announce and rp_filter the greater of its own value and that of
 * `all` (IN_DEV_MAXCONF, linux/inetdevice.h). Null where the kernel has no such setting.
 */
export function inForce(name: string, sysctl: (name: string) => string | null): string | null {
  const own = sysctl(name);
  const all = sysctl(name.replace(/^(net\.ipv4\.conf\.).*(\.[^.]*)$/, '$1all$2'));
  return own === null || all === null ? own : String(Math.max(Number(own), Number(all)));
}

/**
 * Needs in the order in which they are to be met: first what may be missing, then what makes silent. Because of `inForce`,
 * `all` is enough to be silent, and rp_filter of a tunnel is set to loose and not to off: that outweighs a strict `all`,
 * which stays as it is for other interfaces. IPv6 needs no sysctl: a neighbour solicitation is answered for addresses of
 * its own interface alone (ndisc_recv_ns).
 */
export function needsOf({ address, dev, tunnel }: HeldAddress): readonly Need[] {
  const family = ipFamily(address);
  const silence: readonly Need[] = family === 'inet' ? SILENCE : [];
  if (tunnel === null) return [...silence, { kind: 'link', dev }];
  const isGue = tunnel.type === 'gue';
  return [
    { kind: 'module', name: tunnelDevice(tunnel.type, family).module },
    // Of fou6 only who sends has need.
    ...(isGue ? [{ kind: 'module', name: 'fou' } as const] : []),
    ...silence,
    ...(family === 'inet' ? [looseFilter(dev)] : []),
    ...(isGue ? [{ kind: 'gue', port: tunnel.port, family } as const] : []),
    { kind: 'link', dev },
  ];
}

const SILENCE: readonly SysctlNeed[] = [
  { kind: 'sysctl', name: 'net.ipv4.conf.all.arp_ignore', value: '1', fits: SILENT },
  { kind: 'sysctl', name: 'net.ipv4.conf.all.arp_announce', value: '2', fits: ['2'] },
];

const looseFilter = (dev: string): SysctlNeed => ({
  kind: 'sysctl',
  name: `net.ipv4.conf.${dev}.rp_filter`,
  value: '2',
  fits: NOT_STRICT,
});

const DEVICES = {
  inet: {
    ipip: { dev: 'tunl0', module: 'ipip' },
    gue: { dev: 'tunl0', module: 'ipip' },
    gre: { dev: 'gre0', module: 'ip_gre' },
  },
  inet6: {
    ipip: { dev: 'ip6tnl0', module: 'ip6_tunnel' },
    gue: { dev: 'ip6tnl0', module: 'ip6_tunnel' },
    gre: { dev: 'ip6gre0', module: 'ip6_gre' },
  },
} as const;

/** The device that takes what no other tunnel does, and the module that brings it. */
export const tunnelDevice = (
  type: Tunnel['type'],
  family: Family,
): { readonly dev: string; readonly module: string } => DEVICES[family][type];
