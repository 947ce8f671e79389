import type { Result } from '../base/result.ts';
import type { Instant, Millis } from '../base/units.ts';
import type { FollowedStates } from '../model/check.ts';
import type {
  DriftConfig,
  HeartbeatConfig,
  InstanceConfig,
  ServiceConfig,
  StaticsConfig,
  SyncGroupConfig,
  VrrpConfig,
} from '../model/config.ts';
import type { DataplaneConfig } from '../model/dataplane.ts';
import type { Machines } from '../model/drill.ts';
import type { LbdEvent } from '../model/events.ts';
import type { IpvsConfig } from '../model/ipvs-settings.ts';
import type { Journal } from '../model/journal.ts';
import type { Notice } from '../model/notify.ts';
import type { PlacedOrder } from '../model/orders.ts';
import type { IpvsSettings, RestoreOutcome, RestoreRequest } from '../model/restore.ts';
import type { ScriptsConfig } from '../model/script.ts';
import type { ServiceKey } from '../model/services.ts';
import type { CheckStatus, VrrpStatus } from '../model/status.ts';
import type { TraceAnswer, TraceQuestion } from '../model/trace.ts';
import type { BfdConfig, TrackerStates } from '../model/tracking.ts';
import type { Verdicts } from '../model/verdicts.ts';
import type { RecordBatch } from './recorder.ts';

/** The whole of what vrrp should be doing. A newer generation replaces an older one, sent or not. */
export interface VrrpDesired {
  readonly generation: number;
  readonly vrrp: VrrpConfig;
  /** Secrets are bytes here, never the name of a file. */
  readonly instances: readonly InstanceConfig[];
  readonly syncGroups: readonly SyncGroupConfig[];
  readonly statics: StaticsConfig;
  readonly bfd: readonly BfdConfig[];
  /** Its key is bytes here, never the name of a file. */
  readonly heartbeat: HeartbeatConfig | null;
  /** Name of this node, for its peers. */
  readonly routerId: string;
  /** When this daemon was started, and the machine: what startup delays count from. */
  readonly startedAt: Instant;
  readonly bootedAt: Instant;
  /** What core knows of the trackers by now. */
  readonly trackers: TrackerStates;
  /**
   * What former vrrp processes leave to one that has applied nothing yet: of a sync group all members or none. May come
   * more than once, until core has heard of the first `applied`.
   */
  readonly resume: readonly ResumeRole[];
  /**
   * No election before this is true: the check process has programmed its table once, cannot, or has had 5 s for it.
   * Never false again afterwards. A role that is resumed need not wait: the kernel has kept the table.
   */
  readonly servicesReady: boolean;
}

/** What an instance was, for the process that is to go on with it. */
export interface ResumeRole {
  readonly name: string;
  /** `other` only where it stands back. */
  readonly role: 'MASTER' | 'other';
  /**
   * Why a master may believe that it still is one. `supervised`: core has watched its predecessor until less than
   * 3 × Advertisement_Interval ago. `saved`: a former daemon of this boot said so when its role changed last, at any
   * time; it counts only if the lease of the addresses in the kernel is younger than that.
   */
  readonly evidence: 'supervised' | 'saved';
  /** It has handed over, and leaves a master of lower priority in its place. */
  readonly standsBack: boolean;
}

/** The whole of what check should be doing. */
export interface CheckDesired {
  readonly generation: number;
  readonly services: readonly ServiceConfig[];
  /** Services that an earlier configuration of this daemon had and this one has not: to be drained and removed. */
  readonly retired: readonly RetiredService[];
  readonly drift: DriftConfig;
  /** What core knows by now of what checks follow. */
  readonly followed: FollowedStates;
  /** `flush` only before the table has been programmed once. */
  readonly ipvs: IpvsConfig;
  /** Its key is bytes here, never the name of a file. */
  readonly dataplane: DataplaneConfig;
  /** What holds for the commands of checks. */
  readonly scripts: ScriptsConfig;
  /** What servers begin with is told, too. */
  readonly serversAtFirst: boolean;
  /** What operators have ordered of real servers. */
  readonly orders: readonly PlacedOrder[];
  /** What was known before this process; it counts until the process has read the kernel's table once. */
  readonly verdicts: Verdicts;
}

export interface RetiredService {
  readonly key: ServiceKey;
  readonly drainTimeout: Millis;
}

/**
 * What core sends to a child. `desired` comes after the child's `ready`, and again whenever it changes. After `stop`
 * the child cleans up, answers `stopped` and exits; a closed channel means the same, with nobody to answer.
 * Signals are core's: a child ignores SIGTERM, SIGINT and SIGHUP, which reach whole process groups.
 */
export type ToWorker<Desired> =
  | { readonly message: 'desired'; readonly desired: Desired }
  | { readonly message: 'report'; readonly id: number }
  /** All trackers that core watches, whenever one of them has changed. */
  | { readonly message: 'trackers'; readonly trackers: TrackerStates }
  /** Of check only: all that it follows, whenever something of it has changed. */
  | { readonly message: 'followed'; readonly followed: FollowedStates }
  /** Of check only: addresses are about to go to another director, which is to know of their connections by then. */
  | { readonly message: 'handover' }
  /** Of vrrp only: something to be done now. One at a time. */
  | { readonly message: 'order'; readonly id: number; readonly order: VrrpOrder; readonly name: string }
  /** Of vrrp only: the journal of one instance. One at a time: a second that waits replaces the first. */
  | { readonly message: 'journal'; readonly id: number; readonly instance: string }
  /** Of vrrp only: the lines of its recording before this number are written. */
  | { readonly message: 'recorded'; readonly upTo: number }
  /** Of vrrp only: the machines as they are now. One at a time. */
  | { readonly message: 'machines'; readonly id: number }
  /** Of check only: a saved table is to be restored. One at a time. */
  | { readonly message: 'restore'; readonly id: number; readonly request: RestoreRequest }
  /** Of check only: where a packet would go. One at a time. */
  | { readonly message: 'trace'; readonly id: number; readonly question: TraceQuestion }
  /** Of check only: what IPVS is besides its table. One at a time. */
  | { readonly message: 'settings'; readonly id: number }
  | { readonly message: 'stop' };

/** Of an instance or sync group: hand over and stand back; the end of standing back. */
export type VrrpOrder = 'handover' | 'failback';

/** How far a child has come with the desired state. */
export interface Applied {
  readonly generation: number;
  /** Why it is not in force as a whole, or null. */
  readonly problem: string | null;
  /** The changes that the kernel refuses for good, as sentences: the configuration asks for what it has not. */
  readonly refused: readonly string[];
}

/**
 * What a child sends to core. `ready` once, as soon as it reads its channel; every second and whenever a state changes, vrrp
 * its `status`; check, of which that is much, `alive` and `verdicts` (a second without any is a hung child); `applied` after
 * each `desired` and when its problem changes; `report` in answer to one, with the status as of now.
 */
export type FromWorker<Status> =
  | { readonly message: 'ready' }
  | ({ readonly message: 'applied' } & Applied)
  | { readonly message: 'status'; readonly status: Status }
  | { readonly message: 'alive' }
  | { readonly message: 'verdicts'; readonly verdicts: Verdicts }
  | { readonly message: 'report'; readonly id: number; readonly status: Status }
  /** In answer to an order: begun, or a sentence why not. */
  | { readonly message: 'ordered'; readonly id: number; readonly outcome: Result<void, string> }
  /** In answer to one; null where there is no such instance. */
  | { readonly message: 'journal'; readonly id: number; readonly journal: Journal | null }
  | { readonly message: 'machines'; readonly id: number; readonly machines: Machines }
  /** In answer to one; the error says why nothing was changed, a line for each reason. */
  | { readonly message: 'restored'; readonly id: number; readonly outcome: Result<RestoreOutcome, string> }
  | { readonly message: 'settings'; readonly id: number; readonly settings: Result<IpvsSettings, string> }
  /** In answer to one; the error says why it cannot be told. */
  | { readonly message: 'traced'; readonly id: number; readonly answer: Result<TraceAnswer, string> }
  /** Where it records: lines, the next when these are `recorded`, but at the stop. */
  | { readonly message: 'record'; readonly batch: RecordBatch }
  | { readonly message: 'event'; readonly event: LbdEvent }
  /** In order, for scripts, pipes, mail and webhooks, which core has in its hands. */
  | { readonly message: 'notice'; readonly notice: Notice }
  | { readonly message: 'stopped' };

export type ToVrrp = ToWorker<VrrpDesired>;
export type FromVrrp = FromWorker<VrrpStatus>;
export type ToCheck = ToWorker<CheckDesired>;
export type FromCheck = FromWorker<CheckStatus>;
