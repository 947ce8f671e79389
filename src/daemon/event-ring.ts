import type { Log } from '../kernel/log.ts';
import type { LbdEvent } from '../model/events.ts';
import type { LoggedEvent } from '../view/events.ts';

/** What is kept: some days of a quiet director, some minutes of one in trouble; 1 MB at most or so. */
const KEPT = 1000;

export interface EventRing {
  /** The last 1000 events, oldest first. */
  recent(): readonly LoggedEvent[];
  /** Is told each event from now on, until the answer is called. `next` must not wait and must not throw. */
  follow(next: (event: LoggedEvent) => void): () => void;
}

/** A log that also remembers what went through it, and the ring of that. */
export function rememberEvents(log: Log): { readonly log: Log; readonly events: EventRing } {
  const kept: LoggedEvent[] = [];
  let oldest = 0;
  const followers = new Set<(event: LoggedEvent) => void>();
  const remember = (event: LbdEvent, from: LoggedEvent['from']) => {
    const logged = { ...event, from };
    if (kept.length < KEPT) kept.push(logged);
    else {
      kept[oldest] = logged;
      oldest = (oldest + 1) % KEPT;
    }
    for (const follower of followers) follower(logged);
  };
  return {
    log: {
      write(event, from) {
        log.write(event, from);
        remember(event, from);
      },
      flush: () => log.flush(),
    },
    events: {
      recent: () => [...kept.slice(oldest), ...kept.slice(0, oldest)],
      follow(next) {
        followers.add(next);
        return () => followers.delete(next);
      },
    },
  };
}
