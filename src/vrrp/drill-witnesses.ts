import type { Ip } from '../base/ip.ts';
import { type Instant, later, type Micros, micros } from '../base/units.ts';
import type { DrillMember } from './drill-losses.ts';
import { showWitnesses } from './mandate.ts';
import { grantLength, majority, quorumEnd } from './quorum.ts';
import type { Gate } from './state.ts';

/** What a drill has done to an instance and its witnesses. */
export interface WitnessLoss {
  /** When everything was lost. */
  readonly at: Instant;
  /** Witnesses that are not heard any more, by the address of their path. */
  readonly paths: ReadonlySet<Ip>;
  /** The master that this instance heard is silent. */
  readonly isMasterLost: boolean;
}

/**
 * What stands between an instance and the addresses at `now`, after these losses. The witnesses that are left grant it
 * when the grant of a silent master has run out, at the latest; a master without a majority loses it with its own grant.
 */
export function drilledGate(
  member: DrillMember,
  loss: WitnessLoss,
  takenAt: Instant,
  now: Instant,
): Gate | null {
  const { config, witnesses } = member;
  const { gate } = member.member.config;
  const mode = config.takeover?.witness ?? null;
  if (gate === null || mode === null || now < loss.at) return gate;
  const left = witnesses.filter(({ path, isHeard }) => isHeard && !loss.paths.has(path)).length;
  const needed = majority(witnesses.length);
  const few = `${left} of ${witnesses.length} witnesses ${left === 1 ? 'is' : 'are'} left, ${needed} ${needed === 1 ? 'is' : 'are'} needed`;
  const end = forfeitAt(member, loss);
  const forfeits =
    end === null || now < end ? gate.forfeits : { because: `master no more: ${few}`, atOnce: true };
  // It is told as well that the gateway does not answer, or that a peer lives: what is asked besides stays as it was.
  if (gate.withheld !== null && gate.withheld !== showWitnesses(config, witnesses, takenAt)) {
    return { ...gate, forfeits };
  }
  return { ...gate, forfeits, withheld: withheld() };

  function withheld(): string | null {
    if (left < needed) return mode === 'required' ? few : null;
    const isGranted = loss.isMasterLost && now < later(loss.at, grantOf(member));
    return isGranted ? 'its witnesses may have granted it to the lost master until now' : null;
  }
}

/** When a master must let go because too few witnesses are left; null where enough are, or none is needed. */
export function forfeitAt({ config, witnesses }: DrillMember, { at, paths }: WitnessLoss): Instant | null {
  const left = witnesses.filter(({ path, isHeard }) => isHeard && !paths.has(path)).length;
  if (config.takeover?.witness !== 'required' || left >= majority(witnesses.length)) return null;
  const end = quorumEnd(config, witnesses);
  return end === null || end < at ? at : end;
}

/** How long the witnesses of an instance may hold it for somebody who is gone. */
export const grantOf = ({ config, witnesses }: DrillMember): Micros =>
  (config.takeover?.witness ?? null) === null ? micros(0) : grantLength(config, witnesses);
