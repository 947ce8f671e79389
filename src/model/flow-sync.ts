import type { Ip } from '../base/ip.ts';
import type { WallTime } from '../base/units.ts';
import type { DestKey } from './services.ts';
import type { XdpServiceKey } from './xdp.ts';

/** With whom the XDP plane shares its flows. */
export interface FlowSyncConfig {
  /** Own address, which datagrams come from. */
  readonly local: Ip;
  /** The other directors, each once. */
  readonly peers: readonly Ip[];
  /** UDP, at all ends. */
  readonly port: number;
}

/** What directors tell each other of; the values of FLOW_STATES in wire/xdp/layout.ts have these names. */
export type SharedState = 'established' | 'fin' | 'udp' | 'sctp' | 'persist';

/** An entry of the flow table; `server` is a slot, or a place in a list of names. */
export interface SharedFlow {
  /** The hash of the flow, the same on all directors with the same key. */
  readonly tag: bigint;
  readonly server: number;
  readonly state: SharedState;
  /** For how long it is kept yet, ticks of 2^30 ns. */
  readonly left: number;
}

/** Flows with the names of their servers, which have other slots on each director. */
export interface FlowBatch {
  readonly services: readonly XdpServiceKey[];
  /** `service` is a place in `services`. */
  readonly servers: readonly { readonly service: number; readonly key: DestKey }[];
  /** `server` is a place in `servers`. */
  readonly flows: readonly SharedFlow[];
}

/** Why a datagram changed nothing. `foreign`: it is of nobody that we know; `flood`: there were too many at once. */
export type FlowSyncRefusal =
  | 'truncated'
  | 'version'
  | 'signature'
  | 'malformed'
  | 'foreign'
  | 'time'
  | 'replay'
  | 'flood';

export interface FlowSyncStatus {
  readonly local: Ip;
  readonly peers: readonly FlowSyncPeerStatus[];
  /** Datagrams and flows that were told, each once for all peers. */
  readonly sent: { readonly datagrams: number; readonly flows: number; readonly failed: number };
  /** Flows that had to wait for a later turn because there were too many; one may have waited more than once. */
  readonly waited: number;
  /** Seconds that the last look at the whole table took. */
  readonly round: number;
  readonly received: FlowSyncReceived;
  /** Datagrams that changed nothing. */
  readonly refused: Readonly<Record<FlowSyncRefusal, number>>;
}

export interface FlowSyncReceived {
  readonly datagrams: number;
  readonly stored: number;
  /** Flows that are known here, of services that this machine holds. */
  readonly kept: number;
  /** Flows that found their bucket full. */
  readonly full: number;
  /** Flows of services or servers that are not here. */
  readonly unknown: number;
}

export interface FlowSyncPeerStatus {
  readonly address: Ip;
  readonly isHeard: boolean;
  readonly since: WallTime | null;
  /** Datagrams of its that did not arrive. */
  readonly lost: number;
  /** Why its last datagram was refused; null where it was not. */
  readonly refused: FlowSyncRefusal | null;
}
