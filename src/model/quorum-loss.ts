import type { DestKey } from './services.ts';

/** What follows where an order takes the quorum of a service that has other servers. */
export interface QuorumLoss {
  /** The name of the service. */
  readonly service: string;
  /** What its servers that are up weigh together, and what they must. */
  readonly live: number;
  readonly needed: number;
  /** Null where it has none: then its servers go on. */
  readonly sorryServer: DestKey | null;
  /** Servers that nobody ordered out, and that leave the table. */
  readonly leaving: readonly DestKey[];
  /** Active connections that they had, and that end. */
  readonly cut: number;
}
