import type { Ip } from '../base/ip.ts';

/** What IPVS is to be besides its table. */
export interface IpvsConfig {
  readonly timeouts: WantedTimeouts;
  readonly syncDaemon: SyncDaemonConfig | null;
  /** Services that nobody has configured here are removed once, at the start. */
  readonly flush: boolean;
  /** The stop removes them too. */
  readonly flushOnStop: boolean;
}

/** How long connections stay that nothing is heard of, in whole seconds. */
export interface IpvsTimeouts {
  /** Of an established connection. */
  readonly tcp: number;
  /** Of one that an end has closed. */
  readonly tcpFin: number;
  readonly udp: number;
}

/** Null for what is left as it is. */
export type WantedTimeouts = { readonly [Key in keyof IpvsTimeouts]: number | null };

/** Connections told to the other directors, and learned from them. */
export interface SyncDaemonConfig extends SyncChannel {
  /** The VRRP instance whose master tells and whose backups learn; null for one that does both, always. */
  readonly instance: string | null;
}

/** How directors tell each other of connections. */
export interface SyncChannel {
  readonly interface: string;
  /** 0–255. Who learns takes only what was told with its own id; with 0 it takes everything. */
  readonly id: number;
  /** Most bytes of UDP payload in a message; null for what fits the interface. */
  readonly maxLength: number | null;
  /** Multicast, of either family. */
  readonly group: Ip;
  readonly port: number;
  /** TTL or hop limit. */
  readonly ttl: number;
}

export type SyncRole = 'master' | 'backup';

/** A daemon of the kernel, which has one of each role at most. */
export interface SyncDaemon extends SyncChannel {
  readonly role: SyncRole;
}

/** One change to IPVS besides its table, as a value. */
export type IpvsSettingOp =
  | { readonly op: 'startSyncDaemon'; readonly daemon: SyncDaemon }
  | { readonly op: 'stopSyncDaemon'; readonly role: SyncRole }
  | { readonly op: 'setTimeouts'; readonly timeouts: WantedTimeouts };

export const NO_TIMEOUTS: WantedTimeouts = { tcp: null, tcpFin: null, udp: null };

export const PLAIN_IPVS: IpvsConfig = {
  timeouts: NO_TIMEOUTS,
  syncDaemon: null,
  flush: false,
  flushOnStop: false,
};
