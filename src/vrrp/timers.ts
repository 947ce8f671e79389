import { centisToMicros, type Micros, micros } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';

/** What the timers of a router are made of. */
export interface TimerConfig extends Pick<InstanceConfig, 'version' | 'advertInterval' | 'downTimerAdverts'> {
  /** Effective priority, 1–255. */
  readonly priority: number;
}

/**
 * Skew_Time. RFC 3768 §6.1: (256 − Priority) / 256 seconds, whatever the interval. RFC 9568 §6.1:
 * (256 − Priority) × Active_Adver_Interval / 256, where `interval` is the one that the master advertises.
 */
export function skewTime({ version, priority }: TimerConfig, interval: Micros): Micros {
  const whole = version === 2 ? 1_000_000 : interval;
  return micros(((256 - priority) * whole) / 256);
}

/** Master_Down_Interval: 3 × interval + Skew_Time (RFC 3768 §6.1, RFC 9568 §6.1), with the number of the configuration. */
export function masterDownInterval(config: TimerConfig, interval: Micros): Micros {
  return micros(config.downTimerAdverts * interval + skewTime(config, interval));
}

/** Times its own interval: a backup counts with no longer one, whatever is advertised. */
const LONGEST = 4;

/**
 * The interval that a backup counts with: in version 3 the one that it heard last (RFC 9568 §6.4.2), else its own.
 *
 * deviates: what was heard counts up to four times its own interval. Otherwise a single forged advert of 40.95 s keeps
 * the addresses without a master for 140 s. Three of four intervals and the skew time still forgive a master that
 * advertises twelve times slower.
 */
export function activeInterval(config: TimerConfig, heard: Micros | null): Micros {
  const own = centisToMicros(config.advertInterval);
  return config.version === 3 && heard !== null ? micros(Math.min(heard, LONGEST * own)) : own;
}
