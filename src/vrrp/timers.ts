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

/** The interval that a backup counts with: in version 3 the one that it heard last (RFC 9568 §6.4.2), else its own. */
export function activeInterval(config: TimerConfig, heard: Micros | null): Micros {
  return config.version === 3 && heard !== null ? heard : centisToMicros(config.advertInterval);
}
