import type { IpvsTimeouts, SyncDaemon } from './ipvs-settings.ts';
import type { ServiceChange } from './preview.ts';
import type { DesiredService } from './services.ts';

/** A saved table that the kernel is to hold. */
export interface RestoreRequest {
  readonly services: readonly DesiredService[];
  /** Services of others that it has not are removed. */
  readonly prune: boolean;
  /** Nothing is changed, only told. */
  readonly dryRun: boolean;
}

export interface RestoreOutcome {
  /** What is changed, or would be. */
  readonly changes: readonly ServiceChange[];
  /** What of that the kernel refused, as sentences. */
  readonly refused: readonly string[];
  /** Those that are left to the configuration, by its names. */
  readonly configured: readonly string[];
  /** How many of others are kept although the saved table has them not. */
  readonly kept: number;
}

/** What IPVS is besides its table. */
export interface IpvsSettings {
  readonly timeouts: IpvsTimeouts;
  readonly syncDaemons: readonly SyncDaemon[];
}
