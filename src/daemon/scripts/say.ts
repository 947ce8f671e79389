import type { EventLevel, EventName, LbdEvent } from '../../model/events.ts';

/** Makes an event of this process: once, where the thing is decided. */
export type Say = (level: EventLevel, event: EventName, message: string, fields: LbdEvent['fields']) => void;
