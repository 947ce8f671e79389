import { err, ok, type Result } from '../base/result.ts';
import type { Instant } from '../base/units.ts';
import {
  damaged,
  estranged,
  type Forgotten,
  isObject,
  type Origin,
  parseSaved,
  printSaved,
  type Whereabouts,
} from './saved-state.ts';
import type { Verdicts } from './verdicts.ts';

/** Servers that are down outlive the daemon; whoever is to be told of a quorum is told anew. */
export type SavedVerdicts = Pick<Verdicts, 'down'>;

/** JSON, as `recallVerdicts` reads it. */
export const printSavedVerdicts = (origin: Origin, { down }: SavedVerdicts): string =>
  printSaved(origin, { down });

/** Total: what a file's text says of here, at `now` of the monotonic clock, or why that counts for nothing. */
export function recallVerdicts(
  text: string,
  here: Whereabouts,
  now: Instant,
): Result<SavedVerdicts, Forgotten> {
  const parsed = parseSaved(text);
  if (!parsed.ok) return parsed;
  const { origin, rest } = parsed.value;
  const stranger = estranged(origin, here, now);
  if (stranger !== null) return err(stranger);
  const { down } = rest;
  if (!isObject(down) || !Object.values(down).every(isNames))
    return err(damaged('has verdicts that are none'));
  return ok({ down: down as SavedVerdicts['down'] });
}

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');
