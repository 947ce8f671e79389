import type { Family } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Instant, instant, type WallTime, wallTime } from '../base/units.ts';
import type { InstanceConfig } from './config.ts';

/** What makes a virtual router the same one for the next daemon, whatever its instance is called by then. */
export interface RouterId {
  readonly interface: string;
  readonly family: Family;
  readonly vrid: number;
  /** Name of its virtual MAC interface; null for none. */
  readonly vmac: string | null;
}

/** What a daemon leaves behind of one virtual router. */
export interface SavedRole extends RouterId {
  readonly role: 'MASTER' | 'other';
  /** It has handed over, and leaves a master of lower priority in its place. */
  readonly standsBack: boolean;
}

/** Where a role means anything: one run of one kernel, and one network namespace in it. */
export interface Whereabouts {
  /** The text of /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
  /** What /proc/self/ns/net points to (namespaces(7)): `net:[4026531840]`. */
  readonly netNamespace: string;
}

/** Where and when something was saved. */
export interface Origin extends Whereabouts {
  readonly savedAt: { readonly wall: WallTime; readonly monotonic: Instant };
}

export interface SavedState extends Origin {
  readonly roles: readonly SavedRole[];
}

/** Why what was saved counts for nothing. `because` is a clause about the file; it tells nothing of its content. */
export interface Forgotten {
  readonly code: 'damaged' | 'other_version' | 'other_boot' | 'other_namespace';
  readonly because: string;
}

const SCHEMA_VERSION = 1;

export const routerId = ({
  interface: dev,
  family,
  vrid,
  vmac,
}: Pick<InstanceConfig, 'interface' | 'family' | 'vrid' | 'vmac'>): RouterId => ({
  interface: dev,
  family,
  vrid,
  vmac: vmac?.name ?? null,
});

export const isSameRouter = (a: RouterId, b: RouterId): boolean =>
  a.interface === b.interface && a.family === b.family && a.vrid === b.vrid && a.vmac === b.vmac;

/** JSON, as `parseSavedState` reads it. */
export const printSavedState = ({ roles, ...origin }: SavedState): string => printSaved(origin, { roles });

/** Total: any text gives a state or the reason why it is none. */
export function parseSavedState(text: string): Result<SavedState, Forgotten> {
  const parsed = parseSaved(text);
  if (!parsed.ok) return parsed;
  const { origin, rest } = parsed.value;
  const { roles } = rest;
  if (!Array.isArray(roles) || !roles.every(isRole)) return err(damaged('has roles that are none'));
  return ok({
    ...origin,
    roles: roles.map(({ interface: dev, family, vrid, vmac, role, standsBack }) => ({
      interface: dev,
      family,
      vrid,
      vmac,
      role,
      standsBack,
    })),
  });
}

/** The roles in a file's text that may still be had here, at `now` of the monotonic clock. */
export function recallRoles(
  text: string,
  here: Whereabouts,
  now: Instant,
): Result<readonly SavedRole[], Forgotten> {
  const parsed = parseSavedState(text);
  if (!parsed.ok) return parsed;
  const stranger = estranged(parsed.value, here, now);
  return stranger === null ? ok(parsed.value.roles) : err(stranger);
}

/** JSON with its origin, as `parseSaved` reads it. */
export function printSaved({ bootId, netNamespace, savedAt }: Origin, rest: object): string {
  const state = { schemaVersion: SCHEMA_VERSION, bootId, netNamespace, savedAt, ...rest };
  return `${JSON.stringify(state, null, 2)}\n`;
}

/** Total: any text gives where it is from and what else is in it, or the reason why it is none. */
export function parseSaved(
  text: string,
): Result<{ readonly origin: Origin; readonly rest: Readonly<Record<string, unknown>> }, Forgotten> {
  const value = parseJson(text);
  if (!isObject(value)) return err(damaged('is not a whole JSON object'));
  const { schemaVersion, bootId, netNamespace, savedAt, ...rest } = value;
  if (schemaVersion !== SCHEMA_VERSION) {
    const because = `is not of schema version ${SCHEMA_VERSION}, the one known here`;
    return err({ code: 'other_version', because });
  }
  if (typeof bootId !== 'string' || typeof netNamespace !== 'string') {
    return err(damaged('does not say where it was saved'));
  }
  if (!isObject(savedAt) || !isTime(savedAt['wall']) || !isTime(savedAt['monotonic'])) {
    return err(damaged('does not say when it was saved'));
  }
  const { wall, monotonic } = savedAt;
  const at = { wall: wallTime(wall), monotonic: instant(monotonic) };
  return ok({ origin: { bootId, netNamespace, savedAt: at }, rest });
}

/** Why what is from there counts for nothing here, at `now` of the monotonic clock; null where it may count. */
export function estranged(
  origin: Origin,
  { bootId, netNamespace }: Whereabouts,
  now: Instant,
): Forgotten | null {
  if (origin.bootId !== bootId) {
    return { code: 'other_boot', because: 'was saved before this machine was started' };
  }
  if (origin.netNamespace !== netNamespace) {
    return { code: 'other_namespace', because: 'was saved in another network namespace' };
  }
  // The monotonic clock of a boot never goes back; a time namespace has one of its own.
  return origin.savedAt.monotonic > now ? damaged('was saved at a time that has not come yet') : null;
}

export const damaged = (because: string): Forgotten => ({ code: 'damaged', because });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON is no object.
    return null;
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function isRole(value: unknown): value is SavedRole {
  if (!isObject(value)) return false;
  const { interface: dev, family, vrid, vmac, role, standsBack } = value;
  return (
    typeof dev === 'string' &&
    (family === 'inet' || family === 'inet6') &&
    typeof vrid === 'number' &&
    Number.isInteger(vrid) &&
    (vmac === null || typeof vmac === 'string') &&
    (role === 'MASTER' || role === 'other') &&
    typeof standsBack === 'boolean'
  );
}
