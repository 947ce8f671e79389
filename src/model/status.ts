import type { Family, Ip } from '../base/ip.ts';
import type { Centis, Micros, Millis, WallTime } from '../base/units.ts';
import type { ProbeKind } from './check.ts';
import type { BfdCounters, Refusal, VrrpCounters } from './counters.ts';
import type { DrainEnd, ServerOrder } from './orders.ts';
import type { ProbeLayer, Verdict } from './probe.ts';
import type { DestAttrs, DestKey, Forward, ObservedTable, ServiceAttrs, ServiceKey } from './services.ts';
import type { TrackerHealth, TrackerKind } from './tracking.ts';

/** What `lbctl status` shows. A part that could not be had is null with a reason, never an old value that looks new. */
export interface Status {
  readonly schemaVersion: 1;
  readonly takenAt: WallTime;
  readonly daemon: DaemonStatus;
  readonly vrrp: Part<VrrpStatus>;
  readonly check: Part<CheckStatus>;
}

export type Part<T> =
  | { readonly available: true; readonly takenAt: WallTime; readonly value: T }
  | { readonly available: false; readonly reason: string };

export interface DaemonStatus {
  readonly version: string;
  readonly pid: number;
  readonly routerId: string;
  readonly startedAt: WallTime;
  readonly configFile: string;
  /** Counts accepted configurations, from 1. */
  readonly generation: number;
  readonly loadedAt: WallTime;
  /** The last reload's refusal; null when the last one was accepted or there was none. */
  readonly reloadError: string | null;
  /** Why nothing can be kept in the state directory; null where it can. */
  readonly stateProblem: string | null;
  readonly processes: readonly ProcessStatus[];
}

export interface ProcessStatus {
  readonly name: 'vrrp' | 'check';
  readonly pid: number | null;
  readonly startedAt: WallTime | null;
  /** How often it was started again after it died. */
  readonly restarts: number;
  /** Generation it last reported as applied; 0 for none. */
  readonly applied: number;
  /** Why the last desired state could not be applied whole, or null. */
  readonly problem: string | null;
}

export type InstanceState = 'INIT' | 'BACKUP' | 'MASTER' | 'FAULT';

export interface VrrpStatus {
  readonly instances: readonly InstanceStatus[];
  readonly syncGroups: readonly SyncGroupStatus[];
  readonly bfd: readonly BfdStatus[];
  readonly heartbeat: readonly HeartbeatStatus[];
  /** Packets refused that belong to no instance, by reason; other routers on the segment count as `vrid`. */
  readonly unmatched: Readonly<Record<Refusal, number>>;
  readonly lateness: Lateness;
}

/** How late the loop ran behind its deadlines: a late loop is a missed advert. */
export interface Lateness {
  readonly worst: Micros;
  readonly worstAt: WallTime | null;
  readonly worstLastMinute: Micros;
}

export interface SyncGroupStatus {
  readonly name: string;
  readonly state: InstanceState;
  readonly members: readonly string[];
}

/** A second path to a peer. */
export interface HeartbeatStatus {
  readonly local: Ip;
  readonly peer: Ip;
  readonly alive: boolean;
  /** The peer's name for itself; null before it was heard. */
  readonly routerId: string | null;
  /** When it was first heard, or lost; null before that. */
  readonly since: WallTime | null;
  /** Why nothing can be sent or received, or what comes is refused; null where all is well. */
  readonly problem: string | null;
  /** The peer is a witness of ours. */
  readonly witness: boolean;
  /** What it has answered to our wishes as a witness. `none`: it is no witness for that router. */
  readonly says: readonly (GrantedRouter & {
    readonly verdict: 'yours' | 'another' | 'not_yet' | 'none';
  })[];
  /** What we, as a witness, have granted it. */
  readonly granted: readonly GrantedRouter[];
}

/** A virtual router of another machine: its VRID and first address. */
export interface GrantedRouter {
  readonly vrid: number;
  readonly address: Ip | null;
}

export interface BfdStatus {
  readonly name: string;
  readonly neighbor: Ip;
  /** RFC 5880 §4.1. */
  readonly state: 'AdminDown' | 'Down' | 'Init' | 'Up';
  /** For who follows it: an end that the neighbor announced is no failure. */
  readonly health: 'good' | 'bad';
  readonly since: WallTime;
  readonly because: string;
  readonly counters: BfdCounters;
}

export interface InstanceStatus {
  readonly name: string;
  readonly interface: string;
  readonly vrid: number;
  readonly family: Family;
  readonly version: 2 | 3;
  readonly state: InstanceState;
  readonly since: WallTime;
  /** Why it is in this state, as a sentence. */
  readonly because: string;
  readonly priority: number;
  /** With what its trackers add and take. */
  readonly effectivePriority: number;
  readonly advertInterval: Centis;
  /** It has handed over, and leaves a master of lower priority in its place. */
  readonly standsBack: boolean;
  /** Why it does not take over, although its time is up; null where it is not, or may. */
  readonly withheld: string | null;
  /** Signs of another master in the last ten seconds, as a sentence; null where there are none, or it is no master. */
  readonly contested: string | null;
  /** Why the last advert of a master did not leave; null where it did. */
  readonly unsent: string | null;
  readonly virtualAddresses: readonly string[];
  readonly excludedAddresses: readonly string[];
  /** Null for none. */
  readonly syncGroup: string | null;
  /** Its own and those of its group. */
  readonly tracks: readonly TrackStatus[];
  /** The master as far as is known: ourselves when MASTER. */
  readonly master: { readonly address: Ip; readonly priority: number } | null;
  readonly counters: VrrpCounters;
}

export interface TrackStatus {
  readonly kind: TrackerKind;
  readonly name: string;
  readonly weight: number;
  readonly reverse: boolean;
  /** As the tracker is, before `reverse`. */
  readonly health: TrackerHealth;
  /** What it does to the priority now; null while it is a fault. */
  readonly contributes: number | null;
}

export interface CheckStatus {
  /** The kernel's whole table, ours and foreign entries, or why it could not be read. */
  readonly table: Part<ObservedTable>;
  readonly services: readonly ServiceStatus[];
}

export interface ServiceStatus {
  readonly name: string;
  readonly key: ServiceKey;
  /** Those of the configuration in its order, then those that are drained or were added by hand. */
  readonly servers: readonly ServerStatus[];
  /** Null for one that is not in the configuration any more. */
  readonly quorum: QuorumStatus | null;
  /** Null where it has none. */
  readonly sorryServer: SorryServerStatus | null;
  /** Its address is not on this machine, and its servers are not checked (`ha_suspend`). */
  readonly suspended: boolean;
  readonly byHand: ByHand<ServiceAttrs> | null;
}

export interface QuorumStatus {
  readonly has: boolean;
  readonly since: WallTime;
  /** The sum of the weights of the servers that are up. */
  readonly live: number;
  readonly quorum: number;
  readonly hysteresis: number;
}

export interface SorryServerStatus {
  readonly key: DestKey;
  readonly forward: Forward;
  /** There is no quorum, and it has the clients. */
  readonly serves: boolean;
}

export type ServerHealth = 'up' | 'down' | 'unchecked';

export interface ServerStatus {
  readonly key: DestKey;
  readonly forward: Forward;
  /** 0 for one that is not in the configuration. */
  readonly configuredWeight: number;
  /** What its checks, an order and a slow start make of that: what it has in the kernel while it serves. */
  readonly effectiveWeight: number;
  readonly health: ServerHealth;
  readonly since: WallTime;
  /** Of its checks the last one that failed, while it is down; otherwise the last one. */
  readonly lastCheck: LastCheck | null;
  /** In the order of the file. */
  readonly checks: readonly ServerCheck[];
  /** Null unless it has left the configuration, or is to be out, and keeps its connections for a while. */
  readonly draining: DrainStatus | null;
  /** What an operator has ordered of it; null for nothing. */
  readonly order: OrderStatus | null;
  /** Null unless its weight rises after a recovery. */
  readonly slowStart: SlowStartStatus | null;
  readonly byHand: ByHand<DestAttrs> | null;
}

/** `ended` is null until a drain has ended, and where a former process saw that. */
export type OrderStatus = ServerOrder & { readonly ended: DrainEnd | null };

export interface SlowStartStatus {
  readonly since: WallTime;
  readonly until: WallTime;
  /** The weight at its end. */
  readonly full: number;
}

export interface DrainStatus {
  readonly since: WallTime;
  /** It is removed then, whatever connections it has. */
  readonly until: WallTime;
  /** As of the last reading, about a second ago. */
  readonly activeConns: number;
}

/** What somebody else changed in the kernel, where that is left as it is. */
export interface ByHand<Attrs> {
  /** Until the next reload, or until the configuration has something else there. */
  readonly policy: 'report' | 'adopt';
  /** What the kernel has; null where it was removed. */
  readonly attrs: Attrs | null;
  /** What the configuration has there, with its orders; null where it was added. */
  readonly configured: Attrs | null;
  /** `weight 0 instead of 2`, `removed`, `added`. */
  readonly difference: string;
}

/** One check of a real server. */
export interface ServerCheck {
  readonly type: ProbeKind;
  /** What it asks, for people: `10.0.0.1:80`, the name of a tracker, the program of a command. */
  readonly of: string;
  readonly health: 'up' | 'down';
  /** In a row, that have not taken the server out yet: one more than `retry` of them does. */
  readonly failures: number;
  readonly retry: number;
  /** In a row, that have not brought it back yet: `rise` of them do. */
  readonly successes: number;
  readonly rise: number;
  readonly last: LastCheck | null;
  /** When it is to be made again, past while it is made; null before the first time, and for one that is told. */
  readonly nextAt: WallTime | null;
}

export interface LastCheck {
  readonly at: WallTime;
  /** `unknown`: this machine lacked something for it, and it says nothing of the server. */
  readonly verdict: Verdict;
  readonly latency: Millis;
  /** `connected`, `refused`, `timeout`, …: what the probe saw. */
  readonly result: string;
  /** The same as the end of a sentence. */
  readonly detail: string;
  /** HTTP status, SMTP reply, exit status or DNS response code; null where there was none. */
  readonly code: number | null;
  /** How far a conversation over TCP came; null for other checks. */
  readonly layer: ProbeLayer | null;
}
