import type { CheckConfig } from '../model/check.ts';
import type { ServerConfig } from '../model/config.ts';
import { destKey, type ObservedService } from '../model/services.ts';
import type { ServerHealth } from '../model/status.ts';
import { type CheckState, freshCheck } from './check.ts';

/** Where a check begins of which nothing is known: with `alpha` the server has to prove itself. */
export const initialState = ({ alpha }: CheckConfig): CheckState => freshCheck(alpha ? 'down' : 'up');

/**
 * Where a check that has not run yet begins, given its service as the kernel has it, undefined where the kernel has none,
 * and whether the server was down when somebody last looked.
 *
 * A service that is in the kernel was left there by an earlier process, which took out the servers that it found
 * down, or gave them weight 0: those must prove themselves first. With no service there, so must those that are known to
 * have been down, and all others are in from the first moment.
 */
export function adoptedState(
  { key, attrs, inhibitOnFailure }: ServerConfig,
  check: CheckConfig,
  observed: ObservedService | undefined,
  wasDown: boolean,
): CheckState {
  if (observed === undefined) return wasDown ? freshCheck('down') : initialState(check);
  const name = destKey(key);
  const dest = observed.dests.find((one) => destKey(one.key) === name);
  const isInhibited = inhibitOnFailure && dest?.attrs.weight === 0 && attrs.weight > 0;
  return freshCheck(dest === undefined || isInhibited ? 'down' : 'up');
}

/** A server is up while all of its checks are, as keepalived has it; without any it is not checked. */
export function serverHealth(states: Iterable<CheckState>): ServerHealth {
  let health: ServerHealth = 'unchecked';
  for (const state of states) {
    if (state.health === 'down') return 'down';
    health = 'up';
  }
  return health;
}

/** A check under a former configuration. */
export interface FormerCheck {
  readonly config: CheckConfig;
  readonly state: CheckState;
}

/** Which former check each check of a new configuration goes on from. */
export type Carried<Former> =
  /** The same check: it goes on as it was, with an equal configuration in the place of its own. */
  | { readonly kind: 'same'; readonly config: CheckConfig; readonly former: Former }
  /** One that was changed, or is new: where it begins. */
  | {
      readonly kind: 'fresh';
      readonly config: CheckConfig;
      readonly former: Former | null;
      readonly state: CheckState;
    };

/**
 * How the checks of a server go on under a new configuration. One that is there unchanged goes on, wherever in the list
 * it stands. One in whose place another of the same kind stood keeps that one's health, but counts as not run, so that
 * its first failure is enough.
 */
export function carryChecks<Former extends FormerCheck>(
  before: readonly Former[],
  after: readonly CheckConfig[],
): readonly Carried<Former>[] {
  const left = new Set(before);
  const same = after.map((check) => {
    const former = [...left].find(({ config }) => sameCheck(config, check)) ?? null;
    if (former !== null) left.delete(former);
    return former;
  });
  return after.map((check, i): Carried<Former> => {
    const unchanged = same[i] ?? null;
    if (unchanged !== null) return { kind: 'same', config: check, former: unchanged };
    const place = before[i];
    const changed = place !== undefined && left.has(place) && place.config.type === check.type ? place : null;
    const state = changed === null ? initialState(check) : freshCheck(changed.state.health);
    return { kind: 'fresh', config: check, former: changed, state };
  });
}

/** Whether two checks are made in the same way. Both come from one composer, which puts keys into one order. */
export const sameCheck = (a: CheckConfig, b: CheckConfig): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b);
