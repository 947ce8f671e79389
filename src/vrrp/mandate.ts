import { type Instant, later, type Micros, micros } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import { grantLength, hasQuorum, majority, patience, quorumEnd, type WitnessView } from './quorum.ts';
import type { VrrpState } from './state.ts';

/** What a router may do that its witnesses have not granted. */
export interface Mandate {
  /** A master without a grant goes on until then, to get one; null for not at all. */
  readonly graceUntil: Instant | null;
  /** It was master without ever getting one: now it needs one whatever it takes over from. */
  readonly needsGrant: boolean;
}

export const NO_MANDATE: Mandate = { graceUntil: null, needsGrant: false };

/** A restarted process is not believed by its peers before its former self is lost to them, after three heartbeats. */
const RESUMING = 1.5;

/** Whether the addresses are taken off a master without a majority. */
export const isBound = ({ takeover }: Pick<InstanceConfig, 'takeover'>): boolean =>
  takeover?.witness === 'required';

/**
 * The mandate of a router that has come from one state to another, or has heard a witness.
 *
 * Who takes over from a master that it hears, or that has resigned, does so without a grant: the other keeps its own
 * until it has let go. The same holds for a restarted process, which does not know what its former self was granted.
 */
export function stepMandate(
  config: InstanceConfig,
  mandate: Mandate,
  before: VrrpState,
  after: VrrpState,
  witnesses: readonly WitnessView[],
  now: Instant,
): Mandate {
  if (!isBound(config) || hasQuorum(config, witnesses, now)) return NO_MANDATE;
  if (before.at !== 'master' && after.at === 'master') {
    return { ...mandate, graceUntil: later(now, graceOf(config, before, witnesses)) };
  }
  const isGraced = mandate.graceUntil !== null && servesAddresses(before);
  if (isGraced && isOver(config, mandate, witnesses, now)) return { graceUntil: null, needsGrant: true };
  return servesAddresses(after) ? mandate : { ...mandate, graceUntil: null };
}

function graceOf(config: InstanceConfig, before: VrrpState, witnesses: readonly WitnessView[]): Micros {
  if (before.at !== 'backup') return micros(RESUMING * patience(witnesses));
  // A witness that was restarted meanwhile grants nobody for the length of a grant, and is asked again at a heartbeat.
  return micros(grantLength(config, witnesses) + patience(witnesses) / 2);
}

/** Whether a router that has the addresses must let go of them at once: somebody else may be granted them soon. */
export function isOver(
  config: InstanceConfig,
  { graceUntil }: Mandate,
  witnesses: readonly WitnessView[],
  now: Instant,
): boolean {
  return isBound(config) && !hasQuorum(config, witnesses, now) && now >= (graceUntil ?? now);
}

/**
 * After a reload. One that had the right to its addresses until `end` (null: nobody had to grant them) keeps it until it
 * can have been granted what the new configuration asks for.
 */
export function stepReloaded(
  config: InstanceConfig,
  mandate: Mandate,
  end: Instant | null,
  witnesses: readonly WitnessView[],
  now: Instant,
): Mandate {
  if (!isOver(config, mandate, witnesses, now) || (end !== null && end <= now)) return mandate;
  return { ...mandate, graceUntil: end ?? later(now, micros(RESUMING * patience(witnesses))) };
}

/**
 * Whether it asks its witnesses for a grant: as long as it has the addresses, and from when it would have them and could
 * serve. One that only asks would otherwise keep a grant from others again and again.
 */
export function wantsGrant({ takeover }: InstanceConfig, state: VrrpState, canServe: boolean): boolean {
  if ((takeover?.witness ?? null) === null) return false;
  const isAsking = state.at === 'backup' && (state.willing || state.asking?.isOpen === true);
  return (isAsking && canServe) || servesAddresses(state);
}

/** It has the addresses, and answers for them. */
export const servesAddresses = (state: VrrpState): boolean =>
  state.at === 'master' || (state.holding !== null && !state.holding.isQuiet);

/** When `isOver` may come about; null for never. */
export function mandateEnd(
  config: InstanceConfig,
  { graceUntil }: Mandate,
  witnesses: readonly WitnessView[],
): Instant | null {
  if (!isBound(config)) return null;
  const end = quorumEnd(config, witnesses);
  return graceUntil !== null && (end === null || end < graceUntil) ? graceUntil : end;
}

/**
 * Why its witnesses speak against a takeover; null where they do not.
 *
 * - `required`: a majority has to grant it. One that takes over in order, from a master that it hears or that has
 *   resigned, needs one that answers.
 * - `preferred`: it does not take over where enough of them answer, and do not grant it.
 */
export function judgeWitnesses(
  config: InstanceConfig,
  { needsGrant }: Mandate,
  inOrder: boolean,
  witnesses: readonly WitnessView[],
  now: Instant,
): string | null {
  const mode = config.takeover?.witness ?? null;
  if (mode === null || hasQuorum(config, witnesses, now)) return null;
  const needed = majority(witnesses.length);
  if (mode === 'preferred') {
    const answered = witnesses.filter(
      ({ isHeard, word }) => isHeard && (word?.verdict === 'yours' || word?.verdict === 'another'),
    );
    return inOrder || answered.length < needed ? null : showWitnesses(config, witnesses, now);
  }
  const heard = witnesses.filter(({ isHeard }) => isHeard);
  if (inOrder && !needsGrant && heard.length >= needed) return null;
  return showWitnesses(config, witnesses, now);
}

/** What the witnesses say, as a sentence. */
export function showWitnesses(
  config: InstanceConfig,
  witnesses: readonly WitnessView[],
  now: Instant,
): string {
  const needed = majority(witnesses.length);
  const others = witnesses.filter((one) => !counts(config, one, now));
  const granted = witnesses.length - others.length;
  const said = others.map((one) => `${nameOf(one)} ${showWord(config, one, now)}`).join(', ');
  const text = `${granted} of ${witnesses.length} witnesses ${granted === 1 ? 'grants' : 'grant'} it, ${needed} ${needed === 1 ? 'is' : 'are'} needed`;
  return said === '' ? text : `${text}: ${said}`;
}

/** What one of them says, as a predicate. */
export function showWord(config: InstanceConfig, view: WitnessView, now: Instant): string {
  if (counts(config, view, now)) return 'grants it';
  if (!view.isHeard) return 'does not answer';
  switch (view.word?.verdict) {
    case 'another':
      return 'says that another has it';
    case 'not_yet':
      return 'has just started and does not know yet who has it';
    case 'none':
      return 'is no witness for it';
    default:
      return 'has not answered yet';
  }
}

export const nameOf = ({ routerId, path }: WitnessView): string =>
  routerId === null ? path : `${routerId} (${path})`;

const counts = (config: InstanceConfig, view: WitnessView, now: Instant): boolean =>
  now < (quorumEnd(config, [view]) ?? now);
