import type { DestAttrs, ServiceAttrs } from '../model/services.ts';
import { destFields, serviceFields } from './fields.ts';

type Fields = ReturnType<typeof destFields>;

/** What one of two states has in place of the other's, for people: `weight 0 instead of 2`. Null is absence. */
export const serviceDifference = (before: ServiceAttrs | null, now: ServiceAttrs | null): string =>
  difference(before && serviceFields(before), now && serviceFields(now));

export const serverDifference = (before: DestAttrs | null, now: DestAttrs | null): string =>
  difference(before && destFields(before), now && destFields(now));

function difference(before: Fields | null, now: Fields | null): string {
  if (now === null) return 'removed';
  if (before === null) return 'added';
  const was = new Map(before.map(({ field, value }) => [field, value]));
  const is = new Map(now.map(({ field, value }) => [field, value]));
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((field) => was.get(field) !== is.get(field))
    .map((field) => `${field} ${is.get(field) ?? 'none'} instead of ${was.get(field) ?? 'none'}`)
    .join(', ');
}
