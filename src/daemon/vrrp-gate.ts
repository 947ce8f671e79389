import type { Clock } from '../base/clock.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { MachineConfig, VrrpEffect, VrrpState } from '../vrrp/state.ts';
import {
  type Evidence,
  inquiryBudget,
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
    return { ...machine, gate: { budget: inquiryBudget(config), withheld } };
  }

  /** The machine has come from one state to another: what was asked is noted, before what came of it is. */
  concluded(config: InstanceConfig, before: VrrpState, after: VrrpState): void {
    const wasOpen = before.at === 'backup' && before.asking?.isOpen === true;
    if (!wasOpen || (after.at === 'backup' && after.asking?.isOpen === true)) return;
    const { told } = this.judge(config, before);
    for (const { what, found } of told) this.reports.journal.note({ kind: 'probed', what, found });
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
    const evidence = this.evidenceOf(config);
    const canServe =
      state.at !== 'fault' && state.at !== 'init' && reachesGateway(config, evidence, this.clock.now());
    const { priority } = this.seat.standing;
    return { ...ends(config), role: state.at, priority, holds, canServe };
  }

  /** Why the place of the master is free, by what a peer has begun to say; null where it is not, or not for us. */
  vacated(config: InstanceConfig, word: PeerWord, before: RouterNews | null): string | null {
    if (newsKey(word.news) !== newsKey(ends(config))) return null;
    const others = this.evidenceOf(config).peers.filter(({ routerId }) => routerId !== word.routerId);
    const because = vacated(before, word, others, this.seat.standing);
    if (because !== null) {
      const [what, found] = [`${word.routerId} on the path to ${word.path}`, because];
      this.reports.journal.note({ kind: 'probed', what, found });
    }
    return because;
  }

  private judge(config: InstanceConfig, state: VrrpState) {
    return judgeTakeover(config, this.seat.machine(config), state, this.evidenceOf(config), this.clock.now());
  }

  private evidenceOf(config: InstanceConfig): Evidence {
    const { evidence, heartbeat } = this.lookout;
    return { ...evidence.of(config), peers: heartbeat.words(newsKey(ends(config))) };
  }
}

const ends = ({ family, vrid, virtualAddresses }: InstanceConfig) => ({
  family,
  vrid,
  address: virtualAddresses[0]?.address ?? null,
});
