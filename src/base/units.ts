/**
 * Durations and moments with their unit in the type. All are integers held in a JavaScript number.
 *
 * - `Micros`: microseconds. Every VRRP timer is computed in these.
 * - `Millis`: milliseconds. Checker intervals and timeouts.
 * - `Centis`: centiseconds, the unit of VRRPv3's Max_Advertise_Interval (RFC 9568 §5.2.7).
 * - `Instant`: microseconds on the monotonic clock, from an arbitrary origin. Never wall-clock time.
 * - `WallTime`: milliseconds since 1970-01-01 UTC. Shown to people and carried by signed adverts; no timer knows it.
 */
declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

export type Micros = Unit<'micros'>;
export type Millis = Unit<'millis'>;
export type Centis = Unit<'centis'>;
export type Instant = Unit<'instant'>;
export type WallTime = Unit<'walltime'>;

export const micros = (n: number): Micros => Math.round(n) as Micros;
export const millis = (n: number): Millis => Math.round(n) as Millis;
export const centis = (n: number): Centis => Math.round(n) as Centis;
export const instant = (n: number): Instant => Math.round(n) as Instant;
export const wallTime = (n: number): WallTime => n as WallTime;

export const seconds = (n: number): Micros => micros(n * 1_000_000);
export const secondsToMillis = (n: number): Millis => millis(n * 1000);
export const millisToMicros = (n: Millis): Micros => micros(n * 1000);
export const centisToMicros = (n: Centis): Micros => micros(n * 10_000);
export const microsToMillis = (n: Micros): Millis => millis(n / 1000);
export const centisToSeconds = (n: Centis): number => n / 100;

export const later = (at: Instant, by: Micros): Instant => (at + by) as Instant;
export const elapsed = (from: Instant, to: Instant): Micros => (to - from) as Micros;
export const earliest = (a: Instant | null, b: Instant | null): Instant | null =>
  a === null ? b : b === null ? a : a < b ? a : b;
export const earliestOf = (...all: readonly (Instant | null)[]): Instant | null =>
  all.reduce((a, b) => earliest(a, b), null);
