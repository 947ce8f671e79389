import type { Ip } from '../base/ip.ts';
import type { Micros, Millis } from '../base/units.ts';
import type { ScriptCommand } from './script.ts';

export type TrackerKind = 'interface' | 'script' | 'file' | 'process' | 'bfd';

/** What an instance follows, with the weight that holds for it (its own, or the tracker's). */
export interface Track {
  readonly kind: TrackerKind;
  readonly name: string;
  /** 0: a failure is a fault. Interface, script, BFD −253…253; process, file −254…254. */
  readonly weight: number;
  /** Good and bad change places. */
  readonly reverse: boolean;
}

/** Everything that instances may follow besides interfaces. Names are unique within each list. */
export interface TrackersConfig {
  readonly scripts: readonly TrackScriptConfig[];
  readonly files: readonly TrackFileConfig[];
  readonly processes: readonly TrackProcessConfig[];
  readonly bfd: readonly BfdConfig[];
}

export interface TrackScriptConfig {
  readonly name: string;
  /** A program, or a path of which only matters whether it can be opened for reading (`</dev/tcp/…` in keepalived). */
  readonly command: ScriptCommand;
  readonly interval: Millis;
  /** A run that takes longer has failed, and is ended. */
  readonly timeout: Millis;
  /** Successes in a row that make it good, failures in a row that make it bad. */
  readonly rise: number;
  readonly fall: number;
  /** It counts as bad until its first success. */
  readonly initFail: boolean;
}

export interface TrackFileConfig {
  readonly name: string;
  readonly path: string;
  /** Create it at the start with this number; null to leave it alone. */
  readonly init: { readonly value: number; readonly overwrite: boolean } | null;
}

export interface TrackProcessConfig {
  readonly name: string;
  /** Name of the process, then its arguments. */
  readonly command: readonly [string, ...string[]];
  /** How arguments are compared; `any` looks at the name alone. */
  readonly match: 'any' | 'exact' | 'initial' | 'partial';
  /** Compare with the whole command line instead of the process name. */
  readonly fullCommand: boolean;
  readonly quorum: number;
  /** Null for no upper bound. */
  readonly quorumMax: number | null;
  /** Enough (few enough) processes are believed after this long. */
  readonly forkDelay: Millis;
  /** Too few (too many) processes are believed after this long. */
  readonly terminateDelay: Millis;
}

/** One BFD session (RFC 5880 asynchronous mode over RFC 5881 or RFC 5883). */
export interface BfdConfig {
  readonly name: string;
  readonly neighbor: Ip;
  readonly source: Ip | null;
  readonly minRx: Micros;
  readonly minTx: Micros;
  /** Period of packets while the session is not up. */
  readonly idleTx: Micros;
  readonly multiplier: number;
  readonly passive: boolean;
  /** TTL or hop limit of sent packets. */
  readonly ttl: number;
  /** Packets with a TTL below 255 − maxHops are refused. */
  readonly maxHops: number;
  readonly multihop: boolean;
}

/** What is known of a tracker: `unknown` before its first result, `unusable` where it will never have one. */
export type TrackerHealth = 'good' | 'bad' | 'unknown' | 'unusable';

/** The trackers that core watches for vrrp, by name, whole. */
export interface TrackerStates {
  readonly scripts: Readonly<Record<string, TrackerHealth>>;
  /** The number in each file; 0 for a missing or empty one. */
  readonly files: Readonly<Record<string, number>>;
  readonly processes: Readonly<Record<string, TrackerHealth>>;
}

export const NO_TRACKER_STATES: TrackerStates = { scripts: {}, files: {}, processes: {} };
