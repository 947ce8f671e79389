import type { Clock } from '../base/clock.ts';
import { type Instant, micros } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import { forfeitDeadline, gatewayLostAt, judgeMaster } from '../vrrp/forfeit.ts';
import {
  type Mandate,
  mandateEnd,
  NO_MANDATE,
  nameOf,
  servesAddresses,
  showWitnesses,
  stepMandate,
  stepReloaded,
  wantsGrant,
} from '../vrrp/mandate.ts';
import { grantLength, hasQuorum } from '../vrrp/quorum.ts';
import type { Forfeit, MachineConfig, VrrpEffect, VrrpState } from '../vrrp/state.ts';
import {
  type Evidence,
  fellSilent,
  inquiryBudget,
  isNobodyBetter,
  judgeTakeover,
  type PeerWord,
  reachesGateway,
  vacated,
} from '../vrrp/takeover.ts';
import { newsKey, type RouterNews } from '../wire/heartbeat.ts';
import type { VrrpEvidence } from './vrrp-evidence.ts';
import type { VrrpHeartbeat } from './vrrp-heartbeat.ts';
import type { VrrpReports } from './vrrp-reports.ts';
import type { VrrpSeat } from './vrrp-seat.ts';

/** Where an instance looks before it takes over. */
export interface Lookout {
  readonly evidence: VrrpEvidence;
  readonly heartbeat: VrrpHeartbeat;
}

type GateEffect = Extract<VrrpEffect, { effect: 'inquire' | 'withheld' }>;

/** What stands between one instance and a takeover, and what it tells its peers for theirs. */
export class VrrpGate {
  private readonly clock: Clock;
  private readonly lookout: Lookout;
  private readonly seat: VrrpSeat;
  private readonly reports: VrrpReports;
  private mandate: Mandate = NO_MANDATE;
  /** Until when it may have the addresses, by what was known last. */
  private mandateEnd: Instant | null = null;
  /** Whether a majority of its witnesses granted it when that was told last; null before. */
  private isGranted: boolean | null = null;
  /** A gateway that does not answer has been told of. */
  private isGatewayLost = false;

  constructor(clock: Clock, lookout: Lookout, seat: VrrpSeat, reports: VrrpReports) {
    this.clock = clock;
    this.lookout = lookout;
    this.seat = seat;
    this.reports = reports;
  }

  /** What the machine has to know, with what is known now of a takeover. */
  machine(config: InstanceConfig, state: VrrpState): MachineConfig {
    const machine = this.seat.machine(config);
    if (config.takeover === null && !this.lookout.heartbeat.exists) return machine;
    const { withheld } = this.judge(config, state);
    const forfeits = this.forfeits(config, state);
    const isGranted = (config.takeover?.witness ?? null) !== null;
    return { ...machine, gate: { budget: inquiryBudget(config), withheld, forfeits, isGranted } };
  }

  /** Whether a majority of its witnesses grants it; null where it asks none. */
  hasGrant(config: InstanceConfig): boolean | null {
    if ((config.takeover?.witness ?? null) === null) return null;
    return hasQuorum(config, this.witnesses(config), this.clock.now());
  }

  witnesses(config: InstanceConfig): Evidence['witnesses'] {
    return (config.takeover?.witness ?? null) === null
      ? []
      : this.lookout.heartbeat.witnesses(newsKey(ends(config)));
  }

  /** Why it must not keep the addresses; null where it may. */
  forfeits(config: InstanceConfig, state: VrrpState): Forfeit | null {
    if (config.takeover === null) return null;
    return judgeMaster(config, state, this.evidenceOf(config), this.mandate, this.clock.now());
  }

  /** When that has to be judged again, whatever is heard; null for never. */
  deadline(config: InstanceConfig, state: VrrpState): Instant | null {
    if (config.takeover === null || !servesAddresses(state)) return null;
    const now = this.clock.now();
    if (this.forfeits(config, state) !== null) return now;
    return forfeitDeadline(config, state, this.evidenceOf(config), this.mandate, now);
  }

  /** The machine has come from one state to another: what was asked is noted, before what came of it is. */
  concluded(config: InstanceConfig, before: VrrpState, after: VrrpState): void {
    const wasOpen = before.at === 'backup' && before.asking?.isOpen === true;
    const isClosed = wasOpen && !(after.at === 'backup' && after.asking?.isOpen === true);
    const forfeits = before.at === 'master' && after.at !== 'master' ? this.forfeits(config, before) : null;
    if (isClosed || forfeits !== null) this.note(config, before);
    if (forfeits?.atOnce === true) this.tellGranted(false, forfeits.because);
    else if (forfeits !== null) this.tellGateway(true, forfeits.because);
    this.step(config, before, after);
  }

  /** A peer or a witness has been heard, or time has passed. */
  follow(config: InstanceConfig, state: VrrpState): void {
    if (config.takeover === null) return;
    this.step(config, state, state);
    if (state.at !== 'master') return;
    const evidence = this.evidenceOf(config);
    const now = this.clock.now();
    if (config.takeover.witness !== null) {
      const has = hasQuorum(config, evidence.witnesses, now);
      if (has || this.isGranted === true)
        this.tellGranted(has, showWitnesses(config, evidence.witnesses, now));
      for (const witness of evidence.witnesses.filter(({ word }) => word?.verdict === 'none')) {
        const text = `${nameOf(witness)} is no witness for it: it has this virtual router itself; a witness must not`;
        this.reports.complain(witness.path, 'warn', 'witness_unfit', text);
      }
    }
    const lostAt = gatewayLostAt(evidence);
    const gateway = `its gateway ${config.takeover.gateway}`;
    if (lostAt === null) this.tellGateway(false, `${gateway} answers again`);
    else if (now >= lostAt && isNobodyBetter(evidence)) {
      this.tellGateway(
        true,
        `stays master, although ${gateway} does not answer: no peer that is heard can serve`,
      );
    }
  }

  /** What its witnesses are asked for, or given back, they hear at once; to be called in the new state. */
  tellWitnesses(config: InstanceConfig, before: VrrpState, after: VrrpState): void {
    if ((config.takeover?.witness ?? null) === null) return;
    const canServe = this.reachesGateway(config);
    const [did, does] = [before, after].map((state) => wantsGrant(config, state, canServe));
    if (did !== does) this.lookout.heartbeat.announce();
  }

  /** After a reload nobody may have granted it yet what the former configuration did not ask for. */
  reloaded(config: InstanceConfig, state: VrrpState): void {
    if (!servesAddresses(state)) return;
    const { witnesses } = this.evidenceOf(config);
    this.mandate = stepReloaded(config, this.mandate, this.mandateEnd, witnesses, this.clock.now());
    this.step(config, state, state);
  }

  /** Asks the network, or tells that nothing came of it, as `before` has been judged. */
  perform(config: InstanceConfig, before: VrrpState, effect: GateEffect): void {
    if (effect.effect === 'inquire') {
      this.lookout.evidence.inquire(config);
      return;
    }
    const { cause } = this.judge(config, before);
    const event = cause === 'advert_path' ? 'advert_path_broken' : 'takeover_withheld';
    this.reports.withheld(event, effect.because);
  }

  /** What the peers are told of it. */
  news(config: InstanceConfig, state: VrrpState): RouterNews {
    const holds = state.at === 'master' || state.holding !== null;
    const canServe = state.at !== 'fault' && state.at !== 'init' && this.reachesGateway(config);
    const { witnesses } = this.evidenceOf(config);
    const { priority } = this.seat.standing;
    const wants = wantsGrant(config, state, canServe) ? grantLength(config, witnesses) : micros(0);
    return { ...ends(config), role: state.at, priority, holds, canServe, wants, hasGrant: false };
  }

  /** Why the place of the master is free, by what a peer has begun to say; null where it is not, or not for us. */
  vacated(config: InstanceConfig, word: PeerWord, before: RouterNews | null): string | null {
    if (newsKey(word.news) !== newsKey(ends(config))) return null;
    const others = this.evidenceOf(config).peers.filter(({ routerId }) => routerId !== word.routerId);
    return this.noted(word, vacated(before, word, others, this.seat.standing));
  }

  /** The same of a peer that is not heard any more on a path whose silence counts; `last` is what it said there. */
  silenced(config: InstanceConfig, last: PeerWord): string | null {
    if (newsKey(last.news) !== newsKey(ends(config))) return null;
    return this.noted(last, fellSilent(last, this.evidenceOf(config).peers, this.seat.standing));
  }

  private noted({ routerId, path }: PeerWord, found: string | null): string | null {
    const what = `${routerId} on the path to ${path}`;
    if (found !== null) this.reports.journal.note({ kind: 'probed', what, found });
    return found;
  }

  private step(config: InstanceConfig, before: VrrpState, after: VrrpState): void {
    if (config.takeover === null) {
      this.mandate = NO_MANDATE;
      this.mandateEnd = null;
      return;
    }
    const { witnesses } = this.evidenceOf(config);
    this.mandate = stepMandate(config, this.mandate, before, after, witnesses, this.clock.now());
    this.mandateEnd = mandateEnd(config, this.mandate, witnesses);
  }

  private note(config: InstanceConfig, state: VrrpState): void {
    const { told } = this.judge(config, state);
    for (const { what, found } of told) this.reports.journal.note({ kind: 'probed', what, found });
  }

  private tellGranted(isGranted: boolean, said: string): void {
    if (this.isGranted === isGranted) return;
    if (!isGranted) this.reports.tell('warn', 'witness_lost', said);
    else if (this.isGranted === false) this.reports.tell('info', 'witness_regained', said);
    this.isGranted = isGranted;
  }

  private tellGateway(isLost: boolean, text: string): void {
    if (this.isGatewayLost === isLost) return;
    this.isGatewayLost = isLost;
    this.reports.tell(isLost ? 'warn' : 'info', isLost ? 'gateway_lost' : 'gateway_regained', text);
  }

  private reachesGateway(config: InstanceConfig): boolean {
    return reachesGateway(config, this.evidenceOf(config), this.clock.now());
  }

  private judge(config: InstanceConfig, state: VrrpState) {
    const machine = this.seat.machine(config);
    return judgeTakeover(config, machine, state, this.evidenceOf(config), this.mandate, this.clock.now());
  }

  private evidenceOf(config: InstanceConfig): Evidence {
    const { evidence, heartbeat } = this.lookout;
    const peers = heartbeat.words(newsKey(ends(config)));
    return { ...evidence.of(config), peers, witnesses: this.witnesses(config) };
  }
}

const ends = ({ family, vrid, virtualAddresses }: InstanceConfig) => ({
  family,
  vrid,
  address: virtualAddresses[0]?.address ?? null,
});
