import { elapsed, type Instant, later, seconds } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import { isOver, type Mandate, mandateEnd, servesAddresses, showWitnesses } from './mandate.ts';
import type { Forfeit, VrrpState } from './state.ts';
import { type Evidence, isNobodyBetter } from './takeover.ts';

/** A gateway is asked once a second: one that leaves this much unanswered has been silent for 2.5 s. */
const GATEWAY_LOST = seconds(1.5);
/** By then a peer has noticed as well that a gateway does not answer anybody. */
const PEER_NOTICES = seconds(1.1);
/** Of a gateway that comes back a peer may hear a question earlier than we do. */
const OWN_TURN = seconds(1.5);

/** When a gateway that does not answer is taken for lost; null while it answers. */
export const gatewayLostAt = ({ gatewaySilentSince }: Evidence): Instant | null =>
  gatewaySilentSince === null ? null : later(gatewaySilentSince, GATEWAY_LOST);

/**
 * Why a router that has the addresses must let go of them; null where it need not.
 *
 * - Its witnesses may grant it to another soon: at once.
 * - It is cut off from its gateway: as in a handover. It stays where peers are heard and none of them can serve, for then
 *   the gateway is down rather than we cut off.
 */
export function judgeMaster(
  config: InstanceConfig,
  state: VrrpState,
  evidence: Evidence,
  mandate: Mandate,
  now: Instant,
): Forfeit | null {
  const { witnesses } = evidence;
  if (!servesAddresses(state)) return null;
  if (isOver(config, mandate, witnesses, now)) {
    return { because: `master no more: ${showWitnesses(config, witnesses, now)}`, atOnce: true };
  }
  const gateway = config.takeover?.gateway ?? null;
  const lostAt = gatewayLostAt(evidence);
  if (gateway === null || state.at !== 'master' || lostAt === null || now < lostAt) return null;
  if (isNobodyBetter(evidence) || !isPeerSure(evidence, lostAt, now)) return null;
  return { because: `this machine is cut off: its gateway ${gateway} does not answer`, atOnce: false };
}

/** Whether what peers say of themselves takes into account that the gateway does not answer, or answers again. */
const isPeerSure = ({ peers }: Evidence, lostAt: Instant, now: Instant): boolean =>
  peers.length === 0 ||
  peers.some(({ news, heardAt, servesSince }) => {
    if (servesSince === null) return false;
    const isSure = elapsed(lostAt, heardAt) >= PEER_NOTICES && elapsed(servesSince, now) >= OWN_TURN;
    return news.role === 'master' || isSure;
  });

/** When `judgeMaster` may come to another result without anything being heard; null for never. */
export function forfeitDeadline(
  config: InstanceConfig,
  state: VrrpState,
  evidence: Evidence,
  mandate: Mandate,
  now: Instant,
): Instant | null {
  if (!servesAddresses(state)) return null;
  const sure = evidence.peers.map(({ servesSince }) => servesSince && later(servesSince, OWN_TURN));
  const ends = [mandateEnd(config, mandate, evidence.witnesses), gatewayLostAt(evidence), ...sure].filter(
    (end) => end !== null && end > now,
  );
  return ends.length === 0 ? null : (Math.min(...ends.map(Number)) as Instant);
}
