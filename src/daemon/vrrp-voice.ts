import type { Clock } from '../base/clock.ts';
import type { WallTime } from '../base/units.ts';
import type { FromVrrp } from '../ipc/messages.ts';
import type { EventLevel, EventName, LbdEvent } from '../model/events.ts';

/** A repeated complaint is said at most this often, in milliseconds. */
const REPEAT_GAP = 60_000;
/** Topics come from the network: beyond this many different ones the oldest is forgotten. */
const TOPICS = 64;

/** What an instance has to say, to the log that core writes. */
export class VrrpVoice {
  private readonly clock: Clock;
  private readonly send: (message: FromVrrp) => void;
  private readonly said = new Map<string, WallTime>();

  constructor(clock: Clock, send: (message: FromVrrp) => void) {
    this.clock = clock;
    this.send = send;
  }

  tell(level: EventLevel, event: EventName, message: string, fields: LbdEvent['fields']): void {
    this.send({ message: 'event', event: { at: this.clock.wall(), level, event, message, fields } });
  }

  /** As `tell`, but the same event and topic is said once a minute at most. */
  complain(topic: string, ...what: Parameters<VrrpVoice['tell']>): void {
    if (!this.isDue(topic, what[1])) return;
    const key = keyOf(topic, what[1]);
    this.said.delete(key);
    this.said.set(key, this.clock.wall());
    const oldest = this.said.keys().next();
    if (this.said.size > TOPICS && oldest.done !== true) this.said.delete(oldest.value);
    this.tell(...what);
  }

  /** Whether a complaint would be said now. */
  isDue(topic: string, event: EventName): boolean {
    const last = this.said.get(keyOf(topic, event));
    return last === undefined || this.clock.wall() - last >= REPEAT_GAP;
  }
}

const keyOf = (topic: string, event: EventName): string => `${event} ${topic}`;
