import { getSystemErrorName } from 'node:util';
import { ipBytes } from '../base/ip.ts';
import { type Micros, type Millis, micros } from '../base/units.ts';
import type { Reach } from '../model/check.ts';
import { type Native, type NativeTcpProber, native } from './native.ts';

/** Makes TCP handshakes, thousands at a time. */
export interface TcpProber {
  /**
   * Connects, hangs up at once, and calls `settled` once, maybe before it returns: with null where a connection came about
   * within `timeout`, else with the name of the system's errno, `ETIMEDOUT` where the time was up; and with how long
   * that took. Beyond 16,384 connections at a time others wait for their turn, and their time begins with it. A mark
   * needs CAP_NET_ADMIN.
   */
  connect(reach: Reach, timeout: Millis, settled: Settled): void;
  /** Ends all attempts, of which nothing is heard any more. */
  close(): void;
}

export type Settled = (error: string | null, took: Micros) => void;

interface Attempt {
  readonly reach: Reach;
  readonly timeout: Millis;
  readonly settled: Settled;
}

/** Some 64 MB of the kernel's memory, and fewer descriptors than a service has by default. */
const MOST = 16_384;
/** Results read at a time. */
const BATCH = 256;
/** So many attempts are begun at most before results are read: what waits for that seems slow. */
const UNREAD = 64;
const FIELDS = 3;

/** Nothing is opened before the first attempt. */
export function createTcpProber(addon: Pick<Native, 'TcpProber'> = native): TcpProber {
  const results = new Int32Array(BATCH * FIELDS);
  /** By the number of the attempt. */
  const underWay: (Attempt | undefined)[] = [];
  const waiting = new Set<Attempt>();
  let count = 0;
  let unread = 0;
  let isReading = false;
  let socket: NativeTcpProber | null = null;

  const open = (): NativeTcpProber | number => {
    const opened: NativeTcpProber = new addon.TcpProber(() => read(opened));
    return opened.error === 0 ? opened : opened.error;
  };

  const begin = (attempt: Attempt) => {
    const opened = socket ?? open();
    if (typeof opened === 'number') return attempt.settled(getSystemErrorName(opened), micros(0));
    socket = opened;
    const { target, source } = attempt.reach;
    const number = opened.connect(
      ipBytes(target.address),
      target.port,
      source.address === null ? null : ipBytes(source.address),
      source.port ?? 0,
      source.interface,
      source.fwmark ?? 0,
      attempt.timeout,
    );
    if (number < 0) return attempt.settled(getSystemErrorName(number), micros(0));
    underWay[number] = attempt;
    count++;
    if (++unread >= UNREAD && !isReading) read(opened);
  };

  const read = (from: NativeTcpProber) => {
    unread = 0;
    isReading = true;
    const taken = from.take(results);
    for (let i = 0; i < taken * FIELDS; i += FIELDS) {
      const [number = 0, errno = 0, took = 0] = [results[i], results[i + 1], results[i + 2]];
      const attempt = underWay[number];
      if (attempt === undefined) throw new Error(`a result of attempt ${number}, which is not under way`);
      underWay[number] = undefined;
      count--;
      attempt.settled(errno === 0 ? null : getSystemErrorName(-errno), micros(took));
    }
    for (const attempt of waiting) {
      if (count >= MOST) break;
      waiting.delete(attempt);
      begin(attempt);
    }
    isReading = false;
  };

  return {
    connect(reach, timeout, settled) {
      const attempt = { reach, timeout, settled };
      if (count < MOST) begin(attempt);
      else waiting.add(attempt);
    },
    close() {
      socket?.close();
      socket = null;
      waiting.clear();
      underWay.length = 0;
      count = 0;
    },
  };
}
