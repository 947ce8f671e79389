import { type Micros, type Millis, millisToMicros } from '../../base/units.ts';
import { printDuration } from '../duration.ts';

/** The value, unless it is what reading would fill in. */
export const unless = <T>(fallback: T, value: T): T | undefined => (value === fallback ? undefined : value);

/** A duration as text, unless it is what reading would fill in. */
export const millisUnless = (fallback: Millis, value: Millis): string | undefined =>
  value === fallback ? undefined : printDuration(millisToMicros(value));

export const microsUnless = (fallback: Micros, value: Micros): string | undefined =>
  value === fallback ? undefined : printDuration(value);

/** What has names, by them; undefined for nothing. */
export function named<T extends { name: string }, Text>(
  items: readonly T[],
  write: (item: T) => Text,
): Record<string, Text> | undefined {
  return items.length === 0 ? undefined : Object.fromEntries(items.map((item) => [item.name, write(item)]));
}

/** The map without what is undefined, or undefined for none. */
export const someOf = <T extends object>(map: T): T | undefined =>
  Object.values(map).every((value) => value === undefined) ? undefined : map;

export const listUnlessEmpty = <T>(items: readonly T[]): T[] | undefined =>
  items.length === 0 ? undefined : [...items];

export interface Common<T> {
  readonly value: T;
  readonly count: number;
}

/** The value whose key occurs most often, the first of equals; null for no values. */
export function mostCommon<T>(values: readonly T[], keyOf: (value: T) => string): Common<T> | null {
  const counts = new Map<string, Common<T>>();
  for (const value of values) {
    const key = keyOf(value);
    const before = counts.get(key);
    counts.set(key, { value: before?.value ?? value, count: (before?.count ?? 0) + 1 });
  }
  const [first, ...others] = counts.values();
  return first === undefined
    ? null
    : others.reduce((best, each) => (each.count > best.count ? each : best), first);
}
