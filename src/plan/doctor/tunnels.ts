import { type Family, ipFamily } from '../../base/ip.ts';
import type { Config, ServerConfig } from '../../model/config.ts';
import type { Finding } from '../../model/doctor.ts';
import type { Tunnel } from '../../model/services.ts';
import { command, finding } from './examination.ts';
import type { DirectorFacts, RouteFact } from './facts.ts';
import { someOf } from './words.ts';

type WayTo = (server: ServerConfig) => RouteFact | null;

/** Whether what goes into tunnels fits. */
export function examineTunnels(
  { instances, services }: Config,
  { links, sysctl }: DirectorFacts,
  wayTo: WayTo,
): readonly Finding[] {
  const clientSide = instances.map((one) => one.interface);
  const largest = Math.max(...clientSide.flatMap((name) => links.get(name)?.mtu ?? []), 0) || ETHERNET;
  const tight = services.flatMap(({ key, servers }) => {
    const family = key.kind === 'address' ? ipFamily(key.address) : key.family;
    // Without it the kernel makes fragments, of IPv4 alone (ensure_mtu_is_adequate, ip_vs_xmit.c).
    if (family === 'inet' && sysctl('net.ipv4.vs.pmtu_disc') === '0') return [];
    return servers.flatMap((server) => {
      const way = server.attrs.forward === 'tun' ? wayTo(server) : null;
      const mtu = way === null ? undefined : links.get(way.dev)?.mtu;
      if (way === null || mtu === undefined || way.isLocal) return [];
      const added = overhead(server);
      const room = mtu - added;
      const segment = room - HEADERS[family];
      const { address } = server.key;
      return room < largest ? [{ address, room, segment, dev: way.dev, wanted: largest + added }] : [];
    });
  });
  if (tight.length === 0) return [];
  const least = (numbers: readonly number[]) => Math.min(...numbers);
  const names = someOf([...new Set(tight.map(({ address }) => address))]);
  const text = `packets of ${largest} bytes do not fit into the tunnels to ${names}, which take ${least(tight.map(({ room }) => room))}: clients are told by ICMP, which packet filters on the way may drop`;
  const smaller = `on the real servers: ip route change default via GATEWAY advmss ${least(tight.map(({ segment }) => segment))}`;
  const devs = [...new Set(tight.map(({ dev }) => dev))];
  // What clients send grows with an interface that they come in by.
  if (devs.some((dev) => clientSide.includes(dev))) return [finding('hint', 'tunnel_mtu', text, smaller)];
  const widen = devs.map((dev) => {
    const wanted = Math.max(...tight.filter((one) => one.dev === dev).map((one) => one.wanted));
    return `ip link set ${dev} mtu ${wanted}`;
  });
  const besides = `where the way to the servers takes that; else ${smaller}`;
  return [finding('hint', 'tunnel_mtu', text, command(widen.join('; '), besides))];
}

const ETHERNET = 1500;
/** Of IP and TCP. */
const HEADERS: Readonly<Record<Family, number>> = { inet: 40, inet6: 60 };

/** What a tunnel adds: RFC 2003 §3.1, RFC 2784 §2, draft-ietf-intarea-gue §3.1. */
function overhead({ key, attrs: { tunnel } }: ServerConfig): number {
  const outer = ipFamily(key.address) === 'inet' ? 20 : 40;
  return outer + (tunnel === null ? 0 : inner(tunnel));
}

function inner({ type, checksum }: Tunnel): number {
  if (type === 'ipip') return 0;
  if (type === 'gre') return checksum === 'none' ? 4 : 8;
  // UDP and the base header; remote checksum offload adds a private option field.
  return checksum === 'remcsum' ? 20 : 12;
}
