import type { Instant, Millis } from '../base/units.ts';
import type {
  DriftConfig,
  InstanceConfig,
  ServiceConfig,
  StaticsConfig,
  SyncGroupConfig,
  VrrpConfig,
} from '../model/config.ts';
import type { LbdEvent } from '../model/events.ts';
import type { Notice } from '../model/notify.ts';
import type { ServiceKey } from '../model/services.ts';
import type { CheckStatus, VrrpStatus } from '../model/status.ts';
import type { BfdConfig, TrackerStates } from '../model/tracking.ts';

/** The whole of what vrrp should be doing. A newer generation replaces an older one, sent or not. */
export interface VrrpDesired {
  readonly generation: number;
  readonly vrrp: VrrpConfig;
  /** Secrets are bytes here, never the name of a file. */
  readonly instances: readonly InstanceConfig[];
  readonly syncGroups: readonly SyncGroupConfig[];
  readonly statics: StaticsConfig;
  readonly bfd: readonly BfdConfig[];
  /** When this daemon was started, and the machine: what startup delays count from. */
  readonly startedAt: Instant;
  readonly bootedAt: Instant;
  /** What core knows of the trackers by now. */
  readonly trackers: TrackerStates;
  /** Instances that were master when the previous vrrp process died, still within their Master_Down time. */
  readonly resume: readonly string[];
}

/** The whole of what check should be doing. */
export interface CheckDesired {
  readonly generation: number;
  readonly services: readonly ServiceConfig[];
  /** Services that an earlier configuration of this daemon had and this one has not: to be drained and removed. */
  readonly retired: readonly RetiredService[];
  readonly drift: DriftConfig;
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
  | { readonly message: 'stop' };

/** How far a child has come with the desired state. */
export interface Applied {
  readonly generation: number;
  /** Why it is not in force as a whole, or null. */
  readonly problem: string | null;
  /** The changes that the kernel refuses for good, as sentences: the configuration asks for what it has not. */
  readonly refused: readonly string[];
}

/**
 * What a child sends to core. `ready` once, as soon as it reads its channel; `status` every second and whenever a state
 * changes (a second without it is a hung child); `applied` after each `desired` and when its problem
 * changes; `report` in answer to one, with the status as of now.
 */
export type FromWorker<Status> =
  | { readonly message: 'ready' }
  | ({ readonly message: 'applied' } & Applied)
  | { readonly message: 'status'; readonly status: Status }
  | { readonly message: 'report'; readonly id: number; readonly status: Status }
  | { readonly message: 'event'; readonly event: LbdEvent }
  /** In order, for scripts, pipes, mail and webhooks, which core has in its hands. */
  | { readonly message: 'notice'; readonly notice: Notice }
  | { readonly message: 'stopped' };

export type ToVrrp = ToWorker<VrrpDesired>;
export type FromVrrp = FromWorker<VrrpStatus>;
export type ToCheck = ToWorker<CheckDesired>;
export type FromCheck = FromWorker<CheckStatus>;
