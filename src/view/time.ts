import type { WallTime } from '../base/units.ts';

const DAY = 86_400_000;

/** `2026-11-21T02:24:04.123Z`. */
export function showIsoTime(at: WallTime): string {
  const [year, month, day] = civilDate(Math.floor(at / DAY));
  const rest = at - Math.floor(at / DAY) * DAY;
  const clock = [rest / 3_600_000, (rest / 60_000) % 60, (rest / 1000) % 60]
    .map((n) => padded(n, 2))
    .join(':');
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}T${clock}.${padded(rest % 1000, 3)}Z`;
}

/** `2026-11-21 02:24:04Z`, for people. */
export const showTime = (at: WallTime): string => `${showIsoTime(at).slice(0, 19).replace('T', ' ')}Z`;

/** The two largest units: `5s`, `12m 3s`, `1h 2m`, `3d 4h`. A clock that was set back gives `0s`. */
export function showAge(from: WallTime, to: WallTime): string {
  const total = Math.max(0, Math.floor((to - from) / 1000));
  const [d, h, m, s] = [
    Math.floor(total / 86_400),
    Math.floor(total / 3600) % 24,
    Math.floor(total / 60) % 60,
    total % 60,
  ] as const;
  if (d > 0) return `${d}d ${h}h`;
  if (h > 0) return `${h}h ${m}m`;
  if (m > 0) return `${m}m ${s}s`;
  return `${s}s`;
}

const padded = (n: number, width: number): string => String(Math.floor(n)).padStart(width, '0');

/** Year, month and day of a day number from 1970-01-01, in the proleptic Gregorian calendar; years start in March. */
function civilDate(dayNumber: number): readonly [number, number, number] {
  const shifted = dayNumber + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}
