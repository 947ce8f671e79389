import type { Millis } from '../../base/units.ts';

export interface Queue<Item> {
  add(item: Item): void;
  /**
   * Waits until everything is performed, at most `bound`; then what is under way is told to stop, and what waits is
   * dropped. Resolves when nothing is under way.
   */
  stop(bound: Millis): Promise<void>;
}

/** Items waiting; the oldest go first when there are more. */
const LIMIT = 1000;

/**
 * Performs items one after the other, in order. `dropped` is told of lost items when the next one is done, as a count:
 * a queue that overflows for an hour makes a line per item, not a line per loss.
 */
export function createQueue<Item>(
  perform: (item: Item, stop: AbortSignal) => Promise<void>,
  dropped: (count: number) => void,
): Queue<Item> {
  const waiting: Item[] = [];
  const stopped = new AbortController();
  let lost = 0;
  let working: Promise<void> | null = null;

  const tellLost = () => {
    if (lost > 0) dropped(lost);
    lost = 0;
  };

  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await perform(item, stopped.signal);
      tellLost();
    }
    working = null;
  };

  return {
    add(item) {
      if (stopped.signal.aborted) {
        dropped(1);
        return;
      }
      waiting.push(item);
      if (waiting.length > LIMIT) {
        waiting.shift();
        lost++;
      }
      working ??= work();
    },
    async stop(bound) {
      const timer = setTimeout(() => {
        lost += waiting.splice(0).length;
        stopped.abort();
      }, bound);
      await working;
      clearTimeout(timer);
      stopped.abort();
      tellLost();
    },
  };
}
