import type { Clock } from '../base/clock.ts';
import type { FromCheck } from '../ipc/messages.ts';
import type { EventLevel, EventName, LbdEvent } from '../model/events.ts';

/** Says one event, to the log that core writes. */
export type Tell = (level: EventLevel, event: EventName, message: string, fields: LbdEvent['fields']) => void;

export const openTell =
  (clock: Clock, send: (message: FromCheck) => void): Tell =>
  (level, event, message, fields) =>
    send({ message: 'event', event: { at: clock.wall(), level, event, message, fields } });

/** Says the first `most` events of each name, and at the end how many more there were. */
export function sparing(tell: Tell, most: number): { readonly tell: Tell; readonly end: () => void } {
  const counts = new Map<EventName, number>();
  return {
    tell(level, event, message, fields) {
      const count = (counts.get(event) ?? 0) + 1;
      counts.set(event, count);
      if (count <= most) tell(level, event, message, fields);
    },
    end() {
      for (const [event, count] of counts) {
        const more = count - most;
        if (more > 0) tell('warn', event, `and ${more} more like this at the same time`, { more });
      }
    },
  };
}
