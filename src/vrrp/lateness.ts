import { elapsed, type Instant, type Micros, micros, type WallTime } from '../base/units.ts';
import type { Lateness } from '../model/status.ts';

/** How late the loop ran, ever and in the last one to two minutes (two buckets that take turns). */
export interface LatenessRecord {
  readonly worst: Micros;
  readonly worstAt: WallTime | null;
  readonly bucketStart: Instant;
  readonly thisMinute: Micros;
  readonly minuteBefore: Micros;
}

const MINUTE = 60_000_000;

export const noLateness = (now: Instant): LatenessRecord => ({
  worst: micros(0),
  worstAt: null,
  bucketStart: now,
  thisMinute: micros(0),
  minuteBefore: micros(0),
});

export function stepLateness(
  record: LatenessRecord,
  late: Micros,
  now: Instant,
  wall: WallTime,
): LatenessRecord {
  const rolled = elapsed(record.bucketStart, now) >= MINUTE;
  return {
    worst: late > record.worst ? late : record.worst,
    worstAt: late > record.worst ? wall : record.worstAt,
    bucketStart: rolled ? now : record.bucketStart,
    thisMinute: rolled || late > record.thisMinute ? late : record.thisMinute,
    minuteBefore: rolled ? record.thisMinute : record.minuteBefore,
  };
}

export function showLateness(record: LatenessRecord): Lateness {
  const { worst, worstAt, thisMinute, minuteBefore } = record;
  return { worst, worstAt, worstLastMinute: micros(Math.max(thisMinute, minuteBefore)) };
}
