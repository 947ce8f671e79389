import { type Family, type Ip, printEndpoint } from '../base/ip.ts';
import type { XdpStatus } from './dataplane.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp';

/** Forwarding methods: `Masq`, `Local`, `Tunnel`, `Route`, `Bypass` in ipvsadm's words (linux/ip_vs.h). */
export type Forward = 'nat' | 'local' | 'tun' | 'dr' | 'bypass';

/** What makes a virtual service *this* service in the kernel's table. */
export type ServiceKey =
  | { readonly kind: 'address'; readonly protocol: Protocol; readonly address: Ip; readonly port: number }
  | { readonly kind: 'fwmark'; readonly fwmark: number; readonly family: Family };

/** What can be changed on a service without losing its connections. */
export interface ServiceAttrs {
  /** The kernel's scheduler name: `rr`, `wrr`, `lc`, `wlc`, `sh`, `mh`, … */
  readonly scheduler: string;
  /** Scheduler flags 1–3 as given to `ipvsadm -b`: for sh and mh, flag 1 is fallback and flag 2 port. */
  readonly schedulerFlags: readonly (1 | 2 | 3)[];
  readonly persistence: Persistence | null;
  /** One-packet scheduling (UDP only). */
  readonly onePacket: boolean;
}

export interface Persistence {
  /** Whole seconds. */
  readonly timeout: number;
  /** Prefix length that groups clients: 32 or 128 for one client each. */
  readonly prefix: number;
  /** Persistence engine (`sip`), or null. */
  readonly engine: string | null;
}

export interface Service {
  readonly key: ServiceKey;
  readonly attrs: ServiceAttrs;
}

/** What makes a destination *this* destination within its service. */
export interface DestKey {
  readonly address: Ip;
  readonly port: number;
}

export interface DestAttrs {
  /** 0–2147483647; 0 gives no new connections. */
  readonly weight: number;
  readonly forward: Forward;
  /** Connection thresholds; 0 is none. */
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  /** Only for `tun`. */
  readonly tunnel: Tunnel | null;
}

export interface Tunnel {
  readonly type: 'ipip' | 'gue' | 'gre';
  /** UDP port of GUE, else 0. */
  readonly port: number;
  readonly checksum: 'none' | 'csum' | 'remcsum';
}

export interface Dest {
  readonly key: DestKey;
  readonly attrs: DestAttrs;
}

/** A service with its destinations, as it should be. */
export interface DesiredService extends Service {
  readonly dests: readonly Dest[];
}

/** Kernel counters since the object was made (IPVS_SVC_ATTR_STATS64): they pass 2^53, so BigInt. */
export interface TrafficStats {
  readonly conns: bigint;
  readonly inPackets: bigint;
  readonly outPackets: bigint;
  readonly inBytes: bigint;
  readonly outBytes: bigint;
  /** The kernel's estimates per second. */
  readonly cps: bigint;
  readonly inPps: bigint;
  readonly outPps: bigint;
  readonly inBps: bigint;
  readonly outBps: bigint;
}

/** A destination as the kernel has it. */
export interface ObservedDest extends Dest {
  readonly activeConns: number;
  readonly inactiveConns: number;
  readonly persistentConns: number;
  readonly stats: TrafficStats;
}

/** A service as the kernel has it. */
export interface ObservedService extends Service {
  readonly dests: readonly ObservedDest[];
  readonly stats: TrafficStats;
}

/** The whole table as `ipvsadm -Ln` would list it. */
export interface ObservedTable {
  /** `1.2.1`. */
  readonly version: string;
  /** Size of the connection hash table. */
  readonly connectionTableSize: number;
  readonly services: readonly ObservedService[];
  /** Where the table is that of XDP. */
  readonly xdp?: XdpStatus;
}

/** `tcp 10.0.0.1:80`, `fwmark 7`, `fwmark 8 inet6`: unique, and fit to show. */
export function serviceKey(key: ServiceKey): string {
  if (key.kind === 'address') return `${key.protocol} ${printEndpoint(key.address, key.port)}`;
  return key.family === 'inet6' ? `fwmark ${key.fwmark} inet6` : `fwmark ${key.fwmark}`;
}

export const destKey = (key: DestKey): string => printEndpoint(key.address, key.port);
