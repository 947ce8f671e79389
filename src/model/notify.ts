import type { Millis } from '../base/units.ts';
import type { ScriptCommand } from './script.ts';
import type { DestKey, ServiceKey } from './services.ts';
import type { InstanceState } from './status.ts';

/** Who is told of the changes of one instance or sync group. */
export interface NotifyConfig {
  readonly master: ScriptCommand | null;
  readonly backup: ScriptCommand | null;
  readonly fault: ScriptCommand | null;
  readonly stop: ScriptCommand | null;
  /** Instances only: a reload that takes it away is told as DELETED, not as FAULT. */
  readonly saysDeleted: boolean;
  /** Instances only: a reload took it away. Not null only with `saysDeleted`. */
  readonly deleted: ScriptCommand | null;
  /** Instances only: a master heard a lower priority. */
  readonly lowerPriority: ScriptCommand | null;
  /** Every change; gets kind, name, state and priority after its own arguments. */
  readonly all: ScriptCommand | null;
  readonly mail: boolean;
  /** Tell changes of the effective priority too. */
  readonly priorityChanges: boolean;
}

export const NO_NOTIFY: NotifyConfig = {
  master: null,
  backup: null,
  fault: null,
  stop: null,
  saysDeleted: false,
  deleted: null,
  lowerPriority: null,
  all: null,
  mail: false,
  priorityChanges: false,
};

/** Where notices go besides the scripts of their instance or group. */
export interface NotifySinks {
  readonly fifos: readonly FifoConfig[];
  readonly mail: MailConfig | null;
  readonly webhooks: readonly WebhookConfig[];
  /** Write the state of every instance into the FIFOs again after a reload. */
  readonly statesOnReload: boolean;
  /** Tell what servers begin with, too: keepalived's rs_init_notifies. */
  readonly serversAtFirst: boolean;
}

export const NO_SINKS: NotifySinks = {
  fifos: [],
  mail: null,
  webhooks: [],
  statesOnReload: false,
  serversAtFirst: false,
};

/** A named pipe that gets one line per notice: `INSTANCE "VI_1" MASTER 100`. */
export interface FifoConfig {
  readonly path: string;
  /** Which notices: of VRRP, of services, or both. */
  readonly of: 'all' | 'vrrp' | 'lvs';
  /** Owner of the pipe; null for the script user. */
  readonly user: string | null;
  readonly group: string | null;
  /** Runs beside the daemon and reads the pipe, whose path is its last argument. */
  readonly script: ScriptCommand | null;
}

export interface MailConfig {
  readonly host: string;
  readonly port: number;
  /** `starttls` insists on it, `tls` begins with it, `none` takes STARTTLS if the server offers it. */
  readonly security: 'none' | 'starttls' | 'tls';
  readonly auth: { readonly user: string; readonly passwordFile: string } | null;
  /** Null for the host name. */
  readonly helo: string | null;
  readonly from: string;
  readonly to: readonly string[];
  readonly timeout: Millis;
  /** No mail about faults. */
  readonly noFaults: boolean;
}

/** A POST of the notice as JSON. */
export interface WebhookConfig {
  readonly url: string;
  readonly timeout: Millis;
}

export type NoticeState =
  | 'MASTER'
  | 'BACKUP'
  | 'FAULT'
  | 'STOP'
  | 'DELETED'
  | 'MASTER_RX_LOWER_PRI'
  | 'MASTER_PRIORITY'
  | 'BACKUP_PRIORITY';

/** Something that those who asked for it are told, in keepalived's words. */
export type Notice = RouterNotice | ServiceNotice;

/** A virtual router, or a group of them. */
export interface RouterNotice {
  readonly kind: 'INSTANCE' | 'GROUP';
  readonly name: string;
  readonly state: NoticeState;
  /** Effective priority; 0 for a group. */
  readonly priority: number;
  readonly because: string;
}

/** A virtual service that has gained or lost its quorum, or one of its servers. */
export interface ServiceNotice {
  readonly kind: 'VS' | 'RS';
  /** Of the service. */
  readonly name: string;
  readonly service: ServiceKey;
  /** Null for the service itself. */
  readonly server: DestKey | null;
  readonly state: 'UP' | 'DOWN';
  readonly because: string;
  /** What it begins with, no change. */
  readonly isFirst: boolean;
}

/** A router that is in no state any more has stopped. */
export const noticeOf = (state: InstanceState): NoticeState => (state === 'INIT' ? 'STOP' : state);
