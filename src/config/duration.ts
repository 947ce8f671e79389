import { err, ok, type Result } from '../base/result.ts';
import { type Micros, micros } from '../base/units.ts';

const UNITS = [
  ['h', 3_600_000_000],
  ['m', 60_000_000],
  ['s', 1_000_000],
  ['ms', 1000],
  ['us', 1],
] as const;

/**
 * Reads `500ms`, `1.5s`, `5m`, `1h`, `250us`; a number is seconds, as everywhere in keepalived. Fails with `syntax`
 * on anything else, and with `precision` on a part of a microsecond.
 */
export function parseDuration(written: string | number): Result<Micros, 'syntax' | 'precision'> {
  const [, digits, unit] =
    typeof written === 'number'
      ? ['', String(written), 's']
      : (/^(\d{1,15}(?:\.\d{1,15})?) ?(us|ms|s|m|h)$/.exec(written) ?? []);
  const scale = UNITS.find(([name]) => name === unit)?.[1];
  const count = Number(digits);
  if (digits === undefined || scale === undefined || !(count >= 0)) return err('syntax');
  const exact = count * scale;
  const whole = Math.round(exact);
  if (!Number.isSafeInteger(whole) || Math.abs(exact - whole) > 1e-6 * Math.max(1, exact)) {
    return err('precision');
  }
  return ok(micros(whole));
}

/** In the largest unit that shows it whole: `1500ms`, `1m`, `0s`. */
export function printDuration(duration: Micros): string {
  const [name, scale] = UNITS.find(([, scale]) => duration !== 0 && duration % scale === 0) ?? [
    's',
    1_000_000,
  ];
  return `${duration / scale}${name}`;
}
