import type { Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import { centisToMicros, elapsed, type Instant, later, type Micros, micros, seconds } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { RouterNews } from '../wire/heartbeat.ts';
import { PRIORITY_RESIGN } from '../wire/vrrp.ts';
import { isLowerMaster } from './becoming.ts';
import { leaseSeconds } from './lease.ts';
import { judgeWitnesses, type Mandate, nameOf, showWord } from './mandate.ts';
import type { WitnessView } from './quorum.ts';
import type { MachineConfig, VrrpState } from './state.ts';
import { activeInterval, masterDownInterval } from './timers.ts';

/** What is known of the network besides adverts, for one virtual router. */
export interface Evidence {
  /** When the gateway answered last; null for never. */
  readonly gatewayAt: Instant | null;
  /** When the first question was put to it that it has not answered; null while it answers. */
  readonly gatewaySilentSince: Instant | null;
  /** What peers on live paths say of this virtual router. */
  readonly peers: readonly PeerWord[];
  /** Who says to have one of its addresses, the last of each address. */
  readonly answers: readonly { readonly address: Ip; readonly mac: Mac; readonly at: Instant }[];
  /** Every witness of the configuration. */
  readonly witnesses: readonly WitnessView[];
}

export interface PeerWord {
  /** Address of the peer on the path. */
  readonly path: Ip;
  readonly routerId: string;
  readonly heardAt: Instant;
  /** Since when it says that it can serve; null where it says that it cannot. */
  readonly servesSince: Instant | null;
  readonly news: RouterNews;
}

/** Whether a takeover is to be withheld, and what has been found out for that, as words. */
export interface Verdict {
  readonly withheld: string | null;
  readonly cause: 'isolated' | 'advert_path' | 'suspect' | 'witness' | null;
  readonly told: readonly { readonly what: string; readonly found: string }[];
}

/** The gateway is asked once a second: one that has not answered for this long is gone. */
const GATEWAY_FRESH = seconds(2.5);
const LONGEST_BUDGET = seconds(0.3);

/** Time from the question to the verdict: 0.3 of an interval, 0.3 s at most; witnesses may be far away. */
export const inquiryBudget = ({
  advertInterval,
  takeover,
}: Pick<InstanceConfig, 'advertInterval' | 'takeover'>): Micros =>
  (takeover?.witness ?? null) === null
    ? micros(Math.min(LONGEST_BUDGET, 0.3 * centisToMicros(advertInterval)))
    : LONGEST_BUDGET;

/** Whether a router reaches its gateway, as far as is known; one without a gateway always does. */
export const reachesGateway = (
  { takeover }: Pick<InstanceConfig, 'takeover'>,
  { gatewayAt }: Evidence,
  now: Instant,
): boolean => isGatewayHeard(takeover?.gateway ?? null, gatewayAt, later(now, micros(-GATEWAY_FRESH)));

/**
 * Whether a backup may take over, in this order: the broken one never does; a fault of the path of adverts is no fault
 * of the peer; what still answers for an address may be alive for as long as `suspect_hold` says; the witnesses have the
 * last word. Of a lower master that is heard, or one that does not serve any more and says so, only the first and the
 * last are asked.
 */
export function judgeTakeover(
  config: InstanceConfig,
  machine: MachineConfig,
  state: VrrpState,
  evidence: Evidence,
  mandate: Mandate,
  now: Instant,
): Verdict {
  const gateway = config.takeover?.gateway ?? null;
  const backup = state.at === 'backup' ? state : null;
  const asking = backup?.asking?.isOpen === true ? backup.asking : null;
  const hasResigned = backup?.master?.priority === PRIORITY_RESIGN;
  const isLast = hasResigned || (backup !== null && isLowerMaster(machine, backup.master, backup.standsBack));
  // What was heard long ago says nothing of who has been granted it since.
  const isHeard =
    isLast && backup?.master != null && elapsed(backup.master.at, now) <= lately(machine, backup.interval);
  // A willing one may have waited for its group since it asked; what is said to be vacant has not been asked about.
  const isAsked = backup !== null && (backup.asking !== null || backup.willing);
  const inOrder = isHeard || !isAsked;
  const age =
    asking !== null && backup !== null ? elapsedSince(backup.masterDownAt, config, now) : GATEWAY_FRESH;
  const since = later(now, micros(-age));
  const answers = evidence.answers.filter(({ at }) => asking !== null && at >= since);
  const told = [
    ...(gateway === null ? [] : [toldOfGateway(gateway, evidence, since)]),
    ...evidence.peers.map(toldOfPeer),
    ...(asking === null ? [] : [toldOfAnswers(config, answers)]),
    ...toldOfWitnesses(config, evidence.witnesses, now),
  ];
  const withhold = (cause: Verdict['cause'], withheld: string): Verdict => ({ withheld, cause, told });
  const isCutOff = gateway !== null && !isGatewayHeard(gateway, evidence.gatewayAt, since);
  if (isCutOff && !(hasResigned && isNobodyBetter(evidence))) {
    return withhold('isolated', `this machine is cut off: its gateway ${gateway} does not answer`);
  }
  if (asking !== null && !isHeard) {
    const server = evidence.peers.find(({ news }) => news.role === 'master' && news.holds && news.canServe);
    if (server !== undefined) {
      const text = `${server.routerId} lives and serves, as it says on the path to ${server.path}: only its adverts do not arrive`;
      return withhold('advert_path', text);
    }
    const [answer] = answers;
    if (answer !== undefined && elapsed(asking.downAt, now) < suspectHold(config)) {
      return withhold('suspect', `${answer.mac} still answers for ${answer.address}`);
    }
  }
  const denied = judgeWitnesses(config, mandate, inOrder, evidence.witnesses, now);
  return denied === null ? { withheld: null, cause: null, told } : withhold('witness', denied);
}

/** Peers are heard, and none of them can serve: then it is not this machine that is cut off. */
export const isNobodyBetter = ({ peers }: Pick<Evidence, 'peers'>): boolean =>
  peers.length > 0 && peers.every(({ news }) => !news.canServe);

/** So long after an advert its sender can be spoken of as heard: any longer and it is down. */
const lately = (machine: MachineConfig, interval: Micros | null): Micros =>
  micros(masterDownInterval(machine, activeInterval(machine, interval)) + LONGEST_BUDGET);

/** How long the question has been open. */
const elapsedSince = (verdictAt: Instant, config: InstanceConfig, now: Instant): Micros =>
  micros(inquiryBudget(config) - elapsed(now, verdictAt));

/**
 * What a peer has begun to say: that it is master no more, because it cannot be. Null where it says no such thing, or
 * where another peer or the peer's successor is better placed to take over than `own`.
 */
export function vacated(
  before: RouterNews | null,
  word: PeerWord,
  others: readonly PeerWord[],
  own: Pick<RouterNews, 'priority'>,
): string | null {
  const { news, routerId, path } = word;
  if (before?.role !== 'master' || (news.role !== 'fault' && news.role !== 'init')) return null;
  if (isBetterPlaced(others, own)) return null;
  const what = news.role === 'fault' ? 'it has a fault' : 'it stops';
  return `${routerId} says on the path to ${path} that ${what} and is master no more`;
}

/**
 * What it means that a peer is not heard any more on a path whose silence counts, by its last word there. Null where it
 * was no master, is heard on another path, or where another peer is better placed to take over than `own`.
 */
export function fellSilent(
  last: PeerWord,
  heard: readonly PeerWord[],
  own: Pick<RouterNews, 'priority'>,
): string | null {
  if (last.news.role !== 'master' || heard.some(({ routerId }) => routerId === last.routerId)) return null;
  if (isBetterPlaced(heard, own)) return null;
  return `${last.routerId}, the master, has fallen silent on the path to ${last.path}`;
}

const isBetterPlaced = (others: readonly PeerWord[], own: Pick<RouterNews, 'priority'>): boolean =>
  others.some(
    ({ news }) =>
      news.role === 'master' || (news.role === 'backup' && news.canServe && news.priority >= own.priority),
  );

function suspectHold(config: InstanceConfig): Micros {
  const lease = config.lease === 'strict' ? leaseSeconds(config) : null;
  return config.takeover?.suspectHold ?? seconds(2 * (lease ?? 0));
}

const isGatewayHeard = (gateway: Ip | null, heardAt: Instant | null, since: Instant): boolean =>
  gateway === null || (heardAt !== null && heardAt >= since);

const toldOfGateway = (gateway: Ip, { gatewayAt }: Evidence, since: Instant) => ({
  what: `gateway ${gateway}`,
  found: isGatewayHeard(gateway, gatewayAt, since) ? 'answers' : 'does not answer',
});

const toldOfPeer = ({ routerId, path, news }: PeerWord) => ({
  what: `${routerId} on the path to ${path}`,
  found: [
    `says ${news.role.toUpperCase()}, priority ${news.priority}`,
    news.holds ? 'holds the addresses' : 'has not the addresses',
    ...(news.canServe ? [] : ['cannot serve']),
  ].join(', '),
});

function toldOfAnswers({ virtualAddresses }: InstanceConfig, answers: Evidence['answers']) {
  const addresses = virtualAddresses.map(({ address }) => address).join(', ');
  const found = answers.map(({ address, mac }) => `${mac} answers for ${address}`).join(', ');
  return { what: `who has ${addresses}`, found: found || 'nobody answers' };
}

const toldOfWitnesses = (config: InstanceConfig, witnesses: readonly WitnessView[], now: Instant) =>
  (config.takeover?.witness ?? null) === null
    ? []
    : witnesses.map((one) => ({ what: `witness ${nameOf(one)}`, found: showWord(config, one, now) }));
