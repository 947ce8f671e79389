import type { Ip } from '../base/ip.ts';
import type { Instant, Micros, Millis } from '../base/units.ts';
import type { IpvsOp } from './ops.ts';
import type { DestKey, ServiceKey } from './services.ts';
import type { InstanceState, TrackStatus } from './status.ts';
import type { TrackerKind } from './tracking.ts';

/** What a drill supposes to happen at this moment. */
export type Loss =
  /** The master that this instance or sync group hears falls silent; `all` for every one. */
  | { readonly kind: 'peer'; readonly name: string }
  | { readonly kind: 'link'; readonly interface: string }
  | { readonly kind: 'server'; readonly address: Ip; readonly port: number | null }
  | { readonly kind: 'tracker'; readonly tracker: Exclude<TrackerKind, 'file'>; readonly name: string }
  /** A number comes to stand in a tracked file. */
  | { readonly kind: 'file'; readonly name: string; readonly value: number }
  /** This daemon is stopped. */
  | { readonly kind: 'stop' };

/** The machines of the vrrp process at one moment. */
export interface Machines {
  readonly takenAt: Instant;
  /** Of the desired state that they follow. */
  readonly generation: number;
  readonly machines: readonly Machine[];
}

export interface Machine {
  readonly name: string;
  /** Its own and those of its sync group. */
  readonly tracks: readonly TrackStatus[];
  /** A `Member` of `vrrp/group.ts`, which only the rooms that know the machine look into. */
  readonly member: unknown;
  /** What it knows of each of its witnesses, a `WitnessView[]` of `vrrp/quorum.ts`; empty without witnesses. */
  readonly witnesses: unknown;
}

/** One thing that would happen, `afterMicros` from now. */
export type DrillStep = InstanceDrillStep | ServerDrillStep;

export interface InstanceDrillStep {
  readonly kind: 'instance';
  readonly afterMicros: Micros;
  readonly instance: string;
  readonly from: InstanceState;
  /** The same as `from` where the state stays. */
  readonly to: InstanceState;
  /** A sentence; empty where nothing was decided. */
  readonly because: string;
  /** What it does, as ends of a sentence that begins with its name, in order. */
  readonly does: readonly string[];
}

export interface ServerDrillStep {
  readonly kind: 'server';
  /** At the latest; at the earliest `earliestMicros`. */
  readonly afterMicros: Micros;
  readonly earliestMicros: Micros;
  readonly service: string;
  readonly serviceKey: ServiceKey;
  readonly server: DestKey;
  readonly operations: readonly IpvsOp[];
  /** Connections that the kernel has with it now. */
  readonly activeConns: number;
  readonly inactiveConns: number;
  /** Servers that serve then, with the sorry server where it does, and the sum of their weights. */
  readonly servers: number;
  readonly weight: number;
  /** The service has its quorum before and not after. */
  readonly losesQuorum: boolean;
  /** The weights of the servers that are up then. */
  readonly live: number;
  readonly quorum: number;
  /** Who serves in place of all others then; null for nobody. */
  readonly sorryServer: DestKey | null;
}

export interface Drill {
  /** What it supposes besides the losses, as sentences. */
  readonly assumes: readonly string[];
  /** In the order of their times. */
  readonly steps: readonly DrillStep[];
}

/** How long a check takes to notice: from the luckiest to the unluckiest moment. */
export interface NoticeTime {
  readonly least: Millis;
  readonly most: Millis;
}
