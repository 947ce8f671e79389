import { type Centis, centisToMicros, type Micros, micros } from '../base/units.ts';

/**
 * RFC 3768 §6.1: Skew_Time = (256 − Priority) / 256 seconds. In version 2 it does not grow with the
 * advertisement interval.
 */
export function skewTime(priority: number): Micros {
  return micros(((256 - priority) * 1_000_000) / 256);
}

/** RFC 3768 §6.1: Master_Down_Interval = 3 × Advertisement_Interval + Skew_Time. */
export function masterDownInterval(advertInterval: Centis, priority: number): Micros {
  return micros(3 * centisToMicros(advertInterval) + skewTime(priority));
}
