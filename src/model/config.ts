import type { Ip } from '../base/ip.ts';
import type { Centis, Micros, Millis } from '../base/units.ts';
import type { VirtualAddress } from './addresses.ts';
import type { DestAttrs, DestKey, Service } from './services.ts';

/** What a configuration file means, whatever language it was written in. */
export interface Config {
  readonly routerId: string;
  readonly instances: readonly InstanceConfig[];
  readonly services: readonly ServiceConfig[];
  readonly drift: DriftConfig;
}

/** What becomes of a change to our part of the kernel's table that somebody else made. */
export type DriftPolicy =
  /** It is undone. */
  | 'repair'
  /** It is said and shown as a problem, and left alone until the next reload. */
  | 'report'
  /** It is said once and kept, until a reload changes that very object. */
  | 'adopt';

export interface DriftConfig {
  readonly policy: DriftPolicy;
  /** How often the table is compared, from the end of one comparison to the start of the next. */
  readonly interval: Millis;
}

/** One VRRP instance (a virtual router on an interface). */
export interface InstanceConfig {
  readonly name: string;
  readonly interface: string;
  /** 1–255. */
  readonly vrid: number;
  /** 1–255; 255 is the address owner. */
  readonly priority: number;
  readonly preempt: boolean;
  /** A multiple of 100 for VRRPv2, whose unit on the wire is the second. */
  readonly advertInterval: Centis;
  readonly authentication: Authentication | null;
  /** Source of adverts; null for the interface's primary address. */
  readonly sourceAddress: Ip | null;
  /** In the order of the file; the order is what adverts carry (RFC 9568 §5.2.9). */
  readonly virtualAddresses: readonly VirtualAddress[];
  readonly garp: GarpConfig;
}

export interface Authentication {
  readonly type: 'pass';
  /** 1–8 bytes of ASCII, sent in clear (RFC 2338 §5.3.6). */
  readonly password: string;
}

/** Gratuitous ARP bursts, with keepalived's garp_master_* meanings. */
export interface GarpConfig {
  /** Pause before the second burst; 0 for none. */
  readonly delay: Micros;
  /** Rounds in a burst, each over all addresses. */
  readonly repeat: number;
  /** Period of refresh bursts while master; 0 for never. */
  readonly refresh: Micros;
  readonly refreshRepeat: number;
}

/** One virtual service with its real servers. */
export interface ServiceConfig extends Service {
  readonly name: string;
  /** A server that leaves the configuration keeps its connections this long at most. */
  readonly drainTimeout: Millis;
  readonly servers: readonly ServerConfig[];
}

export interface ServerConfig {
  readonly key: DestKey;
  readonly attrs: DestAttrs;
  /** Null: always considered up. */
  readonly check: CheckConfig | null;
}

/** A TCP_CHECK: the server is well when a connection completes within `timeout`. */
export interface CheckConfig {
  readonly type: 'tcp';
  /** Where to connect; the server's own address and port unless the file says otherwise. */
  readonly target: DestKey;
  readonly timeout: Millis;
  /** From the end of one check to the start of the next, while nothing is amiss (delay_loop). */
  readonly interval: Millis;
  /** Failures tolerated before the server is taken out: `retry + 1` in a row remove it. */
  readonly retry: number;
  readonly delayBeforeRetry: Millis;
  /** The first check comes after 1 s plus a random part of this, so that checks spread out. */
  readonly warmup: Millis;
}
