import type { Clock } from '../base/clock.ts';
import type { FromCheck } from '../ipc/messages.ts';
import type { EventLevel, EventName, LbdEvent } from '../model/events.ts';

/** Says one event, to the log that core writes. */
export type Tell = (level: EventLevel, event: EventName, message: string, fields: LbdEvent['fields']) => void;

export const openTell =
  (clock: Clock, send: (message: FromCheck) => void): Tell =>
  (level, event, message, fields) =>
    send({ message: 'event', event: { at: clock.wall(), level, event, message, fields } });
