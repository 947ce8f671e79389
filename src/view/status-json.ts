import type { WallTime } from '../base/units.ts';
import type { Status } from '../model/status.ts';
import { type Json, printJson } from './json.ts';
import { showIsoTime } from './time.ts';

/** Fields that hold a moment: written as ISO 8601 text, and again as milliseconds since 1970 under `…_ms`. */
const MOMENTS: ReadonlySet<string> = new Set([
  'takenAt',
  'startedAt',
  'loadedAt',
  'since',
  'until',
  'at',
  'worstAt',
  'nextAt',
]);

/** Durations get their unit into their name, where a reader has no type to look at. */
const UNITS: Readonly<Record<string, string>> = {
  advertInterval: 'advert_interval_cs',
  worst: 'worst_us',
  worstLastMinute: 'worst_last_minute_us',
  latency: 'latency_ms',
  timeout: 'timeout_s',
  limit: 'limit_ms',
  round: 'round_s',
};

/**
 * The status as JSON text: the shape of `Status` with its field names in snake_case. Counters are exact integers of
 * any size. Fields are added in later versions, never renamed or removed within a `schema_version`.
 */
export const showStatusJson = (status: Status): string => showJson(status);

/** Any value of the model as JSON text in the same manner. */
export const showJson = (value: unknown): string => `${printJson(translate(value))}\n`;

function translate(value: unknown): Json {
  if (Array.isArray(value)) return value.map(translate);
  if (value === null || typeof value !== 'object') return value as Json;
  return Object.fromEntries(Object.entries(value).flatMap(translateField));
}

function translateField([name, value]: [string, unknown]): [string, Json][] {
  const key = UNITS[name] ?? snakeCase(name);
  if (!MOMENTS.has(name)) return [[key, translate(value)]];
  const at = value as WallTime | null;
  return [
    [key, at === null ? null : showIsoTime(at)],
    [`${key}_ms`, at],
  ];
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
