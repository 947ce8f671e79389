import { inSubnet } from '../../base/in-subnet.ts';
import { type Ip, ipFamily } from '../../base/ip.ts';
import type { Result } from '../../base/result.ts';
import type { Diagnosis, Finding } from '../../model/doctor.ts';
import type { RealServerFacts } from '../realserver.ts';
import { hostPrefix } from '../realserver-change.ts';
import { inForce, NOT_STRICT, SILENT, type TunnelEnd, tunnelDevice } from '../realserver-needs.ts';
import { combine, command, finding, looked, missed, setSysctl } from './examination.ts';
import { realServerUp } from './words.ts';

export interface RealServerSubject {
  readonly facts: RealServerFacts;
  /** Addresses that neighbour discovery is answered for on behalf of others. */
  readonly proxied: Result<readonly { readonly address: Ip; readonly dev: string }[], string>;
  /** Null for direct routing. */
  readonly tunnel: TunnelEnd;
  /** Whether a unit of ours sets the address up at the next start. */
  hasUnit(address: Ip): boolean;
}

/** What stops this machine from being a real server of these addresses. */
export const diagnoseRealServer = (addresses: readonly Ip[], subject: RealServerSubject): Diagnosis =>
  combine(addresses.map((address) => examine(address, subject)));

function examine(address: Ip, subject: RealServerSubject): Diagnosis {
  const isIpv4 = ipFamily(address) === 'inet';
  return combine([
    looked(`where ${address} is`, placement(address, subject)),
    ...(isIpv4
      ? [looked(`silence about ${address}`, silence(address, subject))]
      : [proxies(address, subject)]),
    missed(
      `what the segment hears about ${address}`,
      isIpv4
        ? `a machine cannot ask itself: on another one, arping -c 2 ${address} must hear the director alone`
        : `a machine cannot ask itself: on another one, ndisc6 ${address} IFACE must hear the director alone`,
    ),
  ]);
}

function placement(address: Ip, { facts, tunnel, hasUnit }: RealServerSubject): readonly Finding[] {
  const up = realServerUp(address, tunnel);
  const places = facts.addresses.filter((one) => one.address === address);
  if (places.length === 0) {
    const text = `${address} is on no interface of this machine: it drops what the director sends it`;
    return [finding('error', 'vip_missing', text, up)];
  }
  const devices = new Set(places.map(({ dev }) => dev));
  const device = tunnel === null ? null : tunnelDevice(tunnel.type, ipFamily(address)).dev;
  return [
    ...places.flatMap(({ dev, prefix }) => {
      const link = facts.links.get(dev);
      const del = `ip addr del ${address}/${prefix} dev ${dev}`;
      if (link?.answersArp) {
        const text = `${address} is on ${dev}, where this machine answers ARP for it`;
        return [
          finding('error', 'vip_on_segment', text, command(`${del}; ${up}`, caution(address, dev, facts))),
        ];
      }
      const wide = `${address}/${prefix} on ${dev} takes the whole subnet for this machine`;
      return [
        ...(prefix === hostPrefix(address) ? [] : [finding('error', 'vip_prefix', wide, `${del}; ${up}`)]),
        ...(link?.isUp === false
          ? [finding('error', 'link_down', `${dev}, which has ${address}, is down`, `ip link set ${dev} up`)]
          : []),
      ];
    }),
    ...(device === null || devices.has(device)
      ? []
      : [
          finding(
            'error',
            'vip_missing',
            `${address} is not on ${device}, out of which its packets come`,
            `lbctl realserver down ${address}; ${up}`,
          ),
        ]),
    ...strictTunnels([...devices], facts),
    ...(hasUnit(address)
      ? []
      : [
          finding(
            'hint',
            'not_persistent',
            `no unit of lbctl sets ${address} up at the next start of this machine; something else of yours may`,
            `${up} --persist`,
          ),
        ]),
  ];
}

/** Somebody may have given the machine's own address in place of the virtual one. */
function caution(address: Ip, dev: string, { addresses }: RealServerFacts): string {
  const others = addresses.filter(
    (one) => one.dev === dev && one.address !== address && ipFamily(one.address) === ipFamily(address),
  );
  const alone = others.every((one) => inSubnet(one.address, LINK_LOCAL));
  return alone
    ? `not so fast: ${dev} has no other address, and without it this machine may be cut off; is ${address} the virtual one?`
    : `only if ${address} is the virtual address, and none that this machine itself is reached by`;
}

const LINK_LOCAL = { address: 'fe80::' as Ip, prefix: 10 };

const TUNNELS: readonly string[] = ['tunl0', 'gre0'];

/** The way back to a client leads through another interface than the tunnel. */
const strictTunnels = (devices: readonly string[], { sysctl }: RealServerFacts): readonly Finding[] =>
  devices
    .filter((dev) => TUNNELS.includes(dev))
    .flatMap((dev) => {
      const value = inForce(`net.ipv4.conf.${dev}.rp_filter`, sysctl);
      if (value === null || NOT_STRICT.includes(value)) return [];
      const text = `the strict rp_filter of ${dev} drops what comes out of the tunnel`;
      return [finding('error', 'rp_filter_strict', text, setSysctl(`net.ipv4.conf.${dev}.rp_filter=2`))];
    });

function silence(
  address: Ip,
  { facts: { links, sysctl, addresses } }: RealServerSubject,
): readonly Finding[] {
  if (!addresses.some((one) => one.address === address)) return [];
  const asked = [...links].filter(([, { answersArp, isUp }]) => answersArp && isUp).map(([dev]) => dev);
  const values = (key: string) =>
    asked.map((dev) => ({ dev, value: inForce(`net.ipv4.conf.${dev}.${key}`, sysctl) }));
  const loud = values('arp_ignore').filter(({ value }) => value !== null && !SILENT.includes(value));
  const careless = values('arp_announce').filter(({ value }) => value !== null && value !== '2');
  const names = (found: readonly { readonly dev: string }[]) => found.map(({ dev }) => dev).join(', ');
  const shown = (key: string, found: readonly { readonly dev: string; readonly value: string | null }[]) =>
    found.map(({ dev, value }) => `${key} in force on ${dev}: ${value}`);
  return [
    ...(loud.length === 0
      ? []
      : [
          finding(
            'error',
            'arp_ignore',
            `this machine answers ARP for ${address} on ${names(loud)}: clients reach it past the director`,
            setSysctl('net.ipv4.conf.all.arp_ignore=1'),
            shown('arp_ignore', loud),
          ),
        ]),
    ...(careless.length === 0
      ? []
      : [
          finding(
            'warning',
            'arp_announce',
            `this machine may name ${address} as its own when it asks by ARP on ${names(careless)}`,
            setSysctl('net.ipv4.conf.all.arp_announce=2'),
            shown('arp_announce', careless),
          ),
        ]),
  ];
}

/** An address of the loopback interface is not answered for on others, unless somebody asks for that. */
function proxies(address: Ip, { proxied }: RealServerSubject): Diagnosis {
  const what = `proxies for ${address}`;
  if (!proxied.ok) return missed(what, proxied.error);
  const text = `this machine answers neighbour solicitations for ${address} as a proxy`;
  const entries = proxied.value.filter((one) => one.address === address);
  if (entries.length === 0) return looked(what, []);
  const fix = entries.map(({ dev }) => `ip -6 neigh del proxy ${address} dev ${dev}`).join('; ');
  return looked(what, [finding('error', 'ndp_proxy', text, fix)]);
}
