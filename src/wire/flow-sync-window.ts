import { err, ok, type Result } from '../base/result.ts';
import type { WallTime } from '../base/units.ts';
import type { FlowSyncMessage } from './flow-sync.ts';

/** Which datagrams of a peer there have been. */
export interface FlowSyncWindow {
  readonly epoch: bigint;
  /** The greatest sequence of the epoch. */
  readonly highest: bigint;
  /** Bit n for the sequence that is n less than it. */
  readonly seen: bigint;
  readonly heardAt: WallTime;
}

/** How far clocks of two directors may be apart, the way of a datagram included, milliseconds. */
export const MOST_APART = 60_000;
/** Datagrams that may overtake each other. */
const SPAN = 64n;
const ALL = (1n << SPAN) - 1n;

/**
 * A datagram that has been verified, received at `now`: the window with it, and how many before it have not come (less
 * than 0 for one of those). `time`: it is too old, or a clock is wrong; `replay`: it has been here, or is of a former
 * life of the sender.
 *
 * Without a window only the time tells old from new: that of a peer is forgotten when nothing it has seen can be in time.
 */
export function stepWindow(
  window: FlowSyncWindow | null,
  { epoch, sequence, time }: Pick<FlowSyncMessage, 'epoch' | 'sequence' | 'time'>,
  now: WallTime,
): Result<{ readonly window: FlowSyncWindow; readonly lost: number }, 'time' | 'replay'> {
  if (Math.abs(time - now) > MOST_APART) return err('time');
  const isForgotten = window === null || now - window.heardAt > 2 * MOST_APART;
  if (isForgotten || epoch > window.epoch)
    return ok({ window: { epoch, highest: sequence, seen: 1n, heardAt: now }, lost: 0 });
  if (epoch < window.epoch) return err('replay');
  const ahead = sequence - window.highest;
  if (ahead > 0n) {
    const seen = ahead >= SPAN ? 1n : ((window.seen << ahead) & ALL) | 1n;
    return ok({ window: { epoch, highest: sequence, seen, heardAt: now }, lost: Number(ahead - 1n) });
  }
  const bit = 1n << -ahead;
  if (-ahead >= SPAN || (window.seen & bit) !== 0n) return err('replay');
  return ok({ window: { ...window, seen: window.seen | bit, heardAt: now }, lost: -1 });
}
