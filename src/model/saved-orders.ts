import { err, ok, type Result } from '../base/result.ts';
import { millis, wallTime } from '../base/units.ts';
import { MOST_WEIGHT, type PlacedOrder, type ServerOrder } from './orders.ts';
import { damaged, type Forgotten, isObject, type Origin, parseSaved, printSaved } from './saved-state.ts';

/** JSON, as `recallOrders` reads it. */
export const printSavedOrders = (origin: Origin, orders: readonly PlacedOrder[]): string =>
  printSaved(origin, { orders });

/**
 * Total: the orders in a file's text, or why they count for nothing. Those of another boot or network namespace count
 * too: they say what an operator wants, not what was seen.
 */
export function recallOrders(text: string): Result<readonly PlacedOrder[], Forgotten> {
  const parsed = parseSaved(text);
  if (!parsed.ok) return parsed;
  const { orders } = parsed.value.rest;
  if (!Array.isArray(orders)) return err(damaged('has no list of orders'));
  const placed = orders.map(recallOne);
  return placed.some((one) => one === null)
    ? err(damaged('has orders that are none'))
    : ok(placed.filter((one) => one !== null));
}

function recallOne(value: unknown): PlacedOrder | null {
  if (!isObject(value)) return null;
  const { service, server } = value;
  const order = recallOrder(value['order']);
  return typeof service === 'string' && typeof server === 'string' && order !== null
    ? { service, server, order }
    : null;
}

function recallOrder(value: unknown): ServerOrder | null {
  if (!isObject(value) || !isCount(value['since'])) return null;
  const { kind, limit, weight } = value;
  const since = wallTime(value['since']);
  if (kind === 'maint') return { kind, since };
  if (kind === 'drain') return isCount(limit) ? { kind, since, limit: millis(limit) } : null;
  if (kind !== 'weight' || !isObject(weight)) return null;
  const { count, isPercent } = weight;
  return isCount(count) && count <= MOST_WEIGHT && typeof isPercent === 'boolean'
    ? { kind, since, weight: { count, isPercent } }
    : null;
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
