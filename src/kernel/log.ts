import { createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { pino } from 'pino';
import type { EventLevel, LbdEvent } from '../model/events.ts';

/** Where events become lines for people and their tools. */
export interface Log {
  write(event: LbdEvent, from: 'core' | 'vrrp' | 'check'): void;
  /** Resolves when the lines written so far are out, or after half a second when they do not get out. */
  flush(): Promise<void>;
}

/** syslog priorities (sd-daemon(3)); systemd takes them from a `<N>` before the line. */
const PRIORITY: Readonly<Record<EventLevel, number>> = { debug: 7, info: 6, warn: 4, error: 3 };

const BUFFER_LIMIT = 1 << 20;
const FLUSH_MILLIS = 500;

/**
 * JSON lines on a file descriptor: `level`, `time` (ISO 8601, UTC), `event`, `process`, the event's own fields and
 * `message`. With `journal` each line starts with its `<N>` priority.
 *
 * Writing never waits for the reader. Beyond 1 MiB of unread lines further ones are lost, and the next line that
 * gets through says how many in `lost`. A reader that has gone away is no error.
 */
export function openLog(fd: number, journal: boolean): Log {
  const out = openStream(fd);
  let broken = false;
  out.on('error', () => {
    broken = true;
  });
  let prefix = '';
  const logger = pino(
    {
      base: null,
      timestamp: false,
      level: 'debug',
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => out.write(prefix + line) },
  );
  let lost = 0;

  return {
    write({ at, level, event, message, fields }, from) {
      if (broken) return;
      if (out.writableLength > BUFFER_LIMIT) {
        lost++;
        return;
      }
      prefix = journal ? `<${PRIORITY[level]}>` : '';
      const line = { time: new Date(at).toISOString(), event, process: from, ...fields };
      logger[level](lost > 0 ? { ...line, lost } : line, message);
      lost = 0;
    },
    flush: () =>
      new Promise((resolve) => {
        if (broken) return resolve();
        const timer = setTimeout(resolve, FLUSH_MILLIS);
        out.write('', () => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

/**
 * `process.stdout` blocks on a pipe that nobody reads (Node's documented behaviour on Linux), and a blocked write in
 * libuv's thread pool keeps the process from exiting (measured on Node 20.20): so pipes and sockets are written
 * without blocking.
 */
function openStream(fd: number): Writable {
  const kind = fstatSync(fd);
  if (kind.isFIFO() || kind.isSocket()) return new Socket({ fd, readable: false, writable: true });
  return createWriteStream('', { fd });
}
