import { printable } from '../base/printable.ts';
import type { LbdEvent } from '../model/events.ts';
import { showIsoTime } from './time.ts';

/** An event as it went to the log, with the process that decided it. */
export interface LoggedEvent extends LbdEvent {
  readonly from: 'core' | 'vrrp' | 'check';
}

/** `TIME LEVEL PROCESS EVENT message`, a line with its line feed. UTC; what could steer a terminal is escaped. */
export function showEvent({ at, level, from, event, message }: LoggedEvent): string {
  return `${showIsoTime(at)} ${level.padEnd(5)} ${from.padEnd(5)} ${event} ${printable(message)}\n`;
}

/** The line of the log: an object of `level`, `time`, `event`, `process`, the event's own fields and `message`. */
export function showEventJson({ at, level, from, event, message, fields }: LoggedEvent): string {
  const line: LbdEvent['fields'] = { level, time: showIsoTime(at), event, process: from, ...fields, message };
  const members = Object.entries(line).map(([key, value]) => {
    const text = typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
    return `${JSON.stringify(key)}:${text}`;
  });
  return `{${members.join(',')}}\n`;
}
