import { type Ip, ipBytes } from '../../../src/base/ip.ts';
import type { Protocol, ServiceAttrs, Tunnel } from '../../../src/model/services.ts';
import { PROTOCOLS } from '../../../src/wire/xdp/key.ts';
import type { TestPlane } from '../plane.ts';

const VIP = '10.0.0.1' as Ip;
const VIP6 = '2001:db8::1' as Ip;
/** All its ports are one service. */
const ANY = '10.0.0.3' as Ip;
/** Of a service that another machine holds. */
const AWAY = '10.0.0.9' as Ip;
const NOBODY = '10.0.0.2' as Ip;
const NOBODY6 = '2001:db8::2' as Ip;

/** What becomes of packets of a service. */
export type Fate = 'direct' | 'redirected' | 'tunnel' | 'unreachable' | 'no server' | 'away';

export interface FuzzService {
  readonly address: Ip;
  readonly port: number;
  readonly protocol: Protocol;
  readonly attrs: Partial<ServiceAttrs>;
  /** Slots of servers. */
  readonly ring: readonly number[];
  readonly fate: Fate;
}

const of = (
  address: Ip,
  protocol: Protocol,
  port: number,
  attrs: Partial<ServiceAttrs>,
  ring: readonly number[],
  fate: Fate = 'direct',
): FuzzService => ({ address, protocol, port, attrs, ring, fate });

const PERSISTENT = { timeout: 300, prefix: 28, engine: null } as const;

export const SERVICES: readonly FuzzService[] = [
  of(VIP, 'tcp', 80, { scheduler: 'rr' }, [1, 2, 3]),
  of(VIP, 'udp', 80, { scheduler: 'mh', schedulerFlags: [2] }, [1, 3, 2, 2]),
  of(VIP, 'sctp', 80, { scheduler: 'wrr' }, [1, 1, 2]),
  of(VIP, 'udp', 81, { scheduler: 'rr', onePacket: true }, [1, 2]),
  of(VIP, 'tcp', 82, { scheduler: 'rr', persistence: PERSISTENT }, [1, 2, 3]),
  of(VIP, 'tcp', 83, { scheduler: 'wlc' }, [1, 2, 3]),
  of(VIP, 'tcp', 84, { scheduler: 'rr' }, [10], 'tunnel'),
  of(VIP, 'udp', 84, { scheduler: 'mh' }, [13], 'tunnel'),
  of(VIP, 'tcp', 85, { scheduler: 'rr' }, [], 'no server'),
  of(VIP, 'tcp', 86, { scheduler: 'mh' }, [14], 'unreachable'),
  of(ANY, 'tcp', 0, { scheduler: 'sh' }, [3, 2, 1]),
  of(AWAY, 'tcp', 80, { scheduler: 'rr' }, [1], 'away'),
  of(VIP6, 'tcp', 80, { scheduler: 'rr' }, [1, 2, 3]),
  of(VIP6, 'udp', 80, { scheduler: 'mh' }, [15], 'redirected'),
  of(VIP6, 'tcp', 84, { scheduler: 'rr' }, [11], 'tunnel'),
  of(VIP6, 'udp', 84, { scheduler: 'mh' }, [12], 'tunnel'),
];

export const ADDRESSES = [
  [...[VIP, VIP, VIP, VIP, VIP, ANY, AWAY, NOBODY]].map((address) => ipBytes(address)),
  [...[VIP6, VIP6, VIP6, NOBODY6]].map((address) => ipBytes(address)),
] as unknown as readonly [[Uint8Array], [Uint8Array]];

export const PORTS = [80, 80, 80, 81, 82, 83, 84, 84, 84, 85, 86, 87] as unknown as [number];

const tunnel = (type: 'ipip' | 'gue'): Tunnel => ({
  type,
  port: type === 'gue' ? 6080 : 0,
  checksum: 'none',
});

export const TUNNELS: readonly (readonly [slot: number, address: Ip, type: 'ipip' | 'gue', source: Ip])[] = [
  [10, '10.0.1.10' as Ip, 'ipip', '10.0.9.1' as Ip],
  [11, '2001:db8:1::11' as Ip, 'ipip', '2001:db8:9::1' as Ip],
  [12, '10.0.1.12' as Ip, 'gue', '10.0.9.1' as Ip],
  [13, '2001:db8:1::13' as Ip, 'gue', '2001:db8:9::1' as Ip],
];

/** Bytes that fit into the tunnels with their headers. */
export const TUNNEL_MTU = 600;
export const ELSEWHERE = 2;

/** With `unowned` at 0 flows come before services, as on a machine that holds all of its addresses. */
export function fillTable(plane: TestPlane, unowned: number): void {
  plane.servers(1, 2, 3);
  for (const [slot, address, type, outerSource] of TUNNELS)
    plane.server({
      slot,
      address,
      attrs: { forward: 'tun', tunnel: tunnel(type) },
      mtu: TUNNEL_MTU,
      outerSource,
    });
  plane.server({ slot: 15, ifindex: ELSEWHERE });
  plane.write({
    op: 'putServer',
    service: 0,
    server: {
      slot: 14,
      state: 'in',
      key: { address: '10.0.1.14' as Ip, port: 80 },
      attrs: { weight: 1, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null },
      configuredWeight: null,
    },
  });
  for (const [slot, { fate, ...service }] of SERVICES.entries())
    plane.service({ slot, ...service, isOwned: fate !== 'away' });
  plane.write({ op: 'setCounts', counts: { unowned, anyPort: 1 } });
}

const nameOf = (address: Uint8Array, protocol: number, port: number): string =>
  `${address} ${protocol} ${port}`;

const BY_NAME = new Map(
  SERVICES.map((service) => [
    nameOf(ipBytes(service.address), PROTOCOLS[service.protocol], service.port),
    service,
  ]),
);

export const serviceOf = (address: Uint8Array, protocol: number, port: number): FuzzService | null =>
  BY_NAME.get(nameOf(address, protocol, port)) ?? BY_NAME.get(nameOf(address, protocol, 0)) ?? null;

const HELD = new Set([VIP, VIP6, ANY].map((address) => String(ipBytes(address))));

/** Whether packets to this address are for this machine to balance. */
export const isHeld = (address: Uint8Array): boolean => HELD.has(String(address));
