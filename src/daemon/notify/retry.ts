import { setTimeout as sleep } from 'node:timers/promises';
import { err, type Result } from '../../base/result.ts';
import type { Millis } from '../../base/units.ts';

export interface Failure {
  readonly message: string;
  /** Another attempt would fail in the same way. */
  readonly isFinal: boolean;
}

/** What a sink says of a delivery: something worth knowing, or nothing. */
export type Delivery = Result<string, Failure>;

/**
 * Tries once, and again after each of `delays`, until it succeeds, fails for good, or is told to stop; then it does not
 * wait for the attempt that is under way.
 */
export async function deliver(
  attempt: () => Promise<Delivery>,
  delays: readonly Millis[],
  stop: AbortSignal,
): Promise<Delivery> {
  const stopped = new Promise<Delivery>((resolve) => {
    const giveUp = () => resolve(err({ message: 'lbd stops', isFinal: true }));
    if (stop.aborted) giveUp();
    else stop.addEventListener('abort', giveUp, { once: true });
  });
  for (const delay of delays) {
    const delivery = await Promise.race([attempt(), stopped]);
    if (delivery.ok || delivery.error.isFinal) return delivery;
    try {
      await sleep(delay, undefined, { signal: stop });
    } catch {
      // Told to stop while waiting: the attempt before was the last.
      return delivery;
    }
  }
  return Promise.race([attempt(), stopped]);
}
