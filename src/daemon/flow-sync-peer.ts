import type { Ip } from '../base/ip.ts';
import type { Instant, WallTime } from '../base/units.ts';
import type { FlowSyncRefusal } from '../model/flow-sync.ts';
import { type FlowSyncWindow, MOST_APART } from '../wire/flow-sync-window.ts';

/** What is known of another director. */
export interface FlowSyncPeer {
  readonly address: Ip;
  window: FlowSyncWindow | null;
  heardAt: Instant | null;
  isHeard: boolean;
  since: WallTime | null;
  lost: number;
  /** What it asked for last: `epoch request`. */
  asked: string | null;
  refused: FlowSyncRefusal | null;
  complainedAt: Instant | null;
}

/** One that was not heard yet. */
export const newFlowSyncPeer = (address: Ip): FlowSyncPeer => ({
  address,
  window: null,
  heardAt: null,
  isHeard: false,
  since: null,
  lost: 0,
  asked: null,
  refused: null,
  complainedAt: null,
});

/** Why a datagram was refused, as the end of a sentence. */
export const REFUSALS: Readonly<Record<FlowSyncRefusal, string>> = {
  truncated: 'it is cut off',
  version: 'it is of another version of lbd, or something else',
  signature: 'it is not signed with our xdp key',
  malformed: 'it says what cannot be',
  foreign: 'it was made for another address: its xdp sync local is not the one it sends from',
  time: `its clock and ours are more than ${MOST_APART / 1000} s apart, or it was held back`,
  replay: 'it has been here before',
  flood: 'there is too much of it',
};
