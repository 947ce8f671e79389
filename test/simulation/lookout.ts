import type { Mac } from '../../src/base/mac.ts';
import { earliest, elapsed, type Instant, later, micros, seconds } from '../../src/base/units.ts';
import type { InstanceConfig } from '../../src/model/config.ts';
import { forfeitDeadline, judgeMaster } from '../../src/vrrp/forfeit.ts';
import { inTurn } from '../../src/vrrp/grant-order.ts';
import {
  type Mandate,
  mandateEnd,
  NO_MANDATE,
  servesAddresses,
  stepMandate,
  stepReloaded,
  wantsGrant,
} from '../../src/vrrp/mandate.ts';
import { grantLength, hasQuorum } from '../../src/vrrp/quorum.ts';
import type { MachineConfig, VrrpState } from '../../src/vrrp/state.ts';
import { type Evidence, reachesGateway, vacated } from '../../src/vrrp/takeover.ts';
import { newsKey, type RouterNews } from '../../src/wire/heartbeat.ts';
import { Heartbeats, type Said } from './heartbeats.ts';
import type { Running } from './running.ts';
import type { Program, Surroundings } from './surroundings.ts';
import type { GateSetup, World } from './world.ts';

/** How often the gateway is asked; one that has not answered more often, but not for long. */
const ASK_GAP = seconds(1);
const ASK_AGAIN = seconds(0.25);
const INSISTENT = seconds(2);
/** Questions to each address in one inquiry. */
const QUESTIONS = 3;

/** That of a new process, the `life`th of its node; null where the world knows no gate. `news` is what it tells the peers. */
export function newLookout(
  { gate, nodes }: World,
  node: number,
  life: number,
  now: Instant,
  program: Program,
  perform: Surroundings,
  news: (lookout: Lookout) => readonly RouterNews[],
): Lookout | null {
  if (gate === null) return null;
  const lookout: Lookout = new Lookout(node, gate, program, perform, now);
  if (gate.second === null) return lookout;
  const peers = Array.from({ length: nodes.length + (gate.witnesses?.count ?? 0) }, (_, peer) => ({
    peer,
    isWitness: peer >= nodes.length,
  })).filter(({ peer }) => peer !== node);
  const interval = micros(gate.second.interval);
  const post = (to: number, bytes: Uint8Array) => perform.post(node, to, bytes);
  const of = { node, life, interval, peers, program, news: () => news(lookout), post };
  lookout.heartbeats = new Heartbeats(of, now);
  return lookout;
}

/** What one process learns of the network besides adverts, and what it makes of that, in the manner of the daemon. */
export class Lookout {
  heartbeats: Heartbeats | null = null;
  private readonly node: number;
  private readonly setup: GateSetup;
  private readonly program: Program;
  private readonly perform: Surroundings;
  private gatewayAt: Instant | null = null;
  private silentSince: Instant | null = null;
  private askAt: Instant;
  private readonly answers = new Map<number, Evidence['answers'][number]>();
  private questions: readonly { readonly at: Instant; readonly router: number }[] = [];
  /** By router, with the end as it was known last. */
  private readonly mandates = new Map<number, { readonly mandate: Mandate; readonly end: Instant | null }>();

  constructor(node: number, setup: GateSetup, program: Program, perform: Surroundings, now: Instant) {
    this.node = node;
    this.setup = setup;
    this.program = program;
    this.perform = perform;
    this.askAt = now;
  }

  get deadline(): Instant | null {
    let next: Instant | null = this.setup.gateway ? this.askAt : null;
    for (const { at } of this.questions) next = earliest(next, at);
    return earliest(next, this.heartbeats?.deadline ?? null);
  }

  /** When it has to be judged again whether a virtual router may keep the addresses. */
  deadlineOf(running: Running, now: Instant): Instant | null {
    const { config, state } = running;
    if (config.takeover === null || !servesAddresses(state)) return null;
    const evidence = this.evidenceOf(running, now);
    const mandate = this.mandateOf(running);
    if (judgeMaster(config, state, evidence, mandate, now) !== null) return now;
    return forfeitDeadline(config, state, evidence, mandate, now);
  }

  tick(now: Instant): void {
    if (this.setup.gateway && this.askAt <= now) {
      const isNew = this.silentSince !== null && elapsed(this.silentSince, now) < INSISTENT;
      this.askAt = later(now, isNew ? ASK_AGAIN : ASK_GAP);
      this.askGateway(now);
    }
    const due = this.questions.filter(({ at }) => at <= now);
    this.questions = this.questions.filter(({ at }) => at > now);
    for (const { router } of due) this.ask(router, now);
    this.heartbeats?.tick(now);
  }

  /** Asks the gateway and for the addresses of a virtual router, some times within its budget. */
  inquire({ router, config }: Running, now: Instant): void {
    const gap = this.program.budget(config) / QUESTIONS;
    this.ask(router, now);
    const more = Array.from({ length: QUESTIONS - 1 }, (_, i) => later(now, micros((i + 1) * gap)));
    this.questions = [...this.questions, ...more.map((at) => ({ at, router }))];
  }

  hearGateway(now: Instant): void {
    this.gatewayAt = now;
    this.silentSince = null;
    this.askAt = later(now, ASK_GAP);
  }

  /** Node `by` (−1: an outsider) says that it has the addresses of a virtual router. */
  hearAnswer({ router, config }: Running, by: number, at: Instant): void {
    const [first] = config.virtualAddresses;
    if (first === undefined) return;
    this.answers.set(router, { address: first.address, mac: `node ${by}` as Mac, at });
  }

  /** What stands between a virtual router and a takeover. */
  gateOf(running: Running, now: Instant): MachineConfig['gate'] {
    const { judge, budget } = this.program;
    const { config, machine, state } = running;
    const mandate = this.mandateOf(running);
    const evidence = () => this.evidenceOf(running, now);
    return {
      budget: budget(config),
      isGranted: this.setup.witnesses !== null,
      get withheld() {
        return judge(config, machine, state, evidence(), mandate, now).withheld;
      },
      get forfeits() {
        return servesAddresses(state) ? judgeMaster(config, state, evidence(), mandate, now) : null;
      },
    };
  }

  /** A virtual router is about to come from its state to another. */
  concluded(running: Running, after: VrrpState, now: Instant): void {
    if (this.setup.witnesses !== null) this.step(running, this.mandateOf(running), after, now);
  }

  /** A peer or a witness has been heard, or time has passed. Whether a virtual router must let go of the addresses. */
  follow(running: Running, now: Instant): boolean {
    this.concluded(running, running.state, now);
    return this.gateOf(running, now)?.forfeits != null;
  }

  /** It has lost the addresses for want of a grant, and does not pre-empt anybody before it has one. */
  needsGrant(running: Running): boolean {
    return this.mandateOf(running).needsGrant;
  }

  /** Whether its wish is another one in this state. */
  isWishOther({ config, state }: Running, before: VrrpState, now: Instant): boolean {
    const canServe = reachesGateway(config, { ...this.ofGateway(), ...NOBODY }, now);
    return wantsGrant(config, before, canServe) !== wantsGrant(config, state, canServe);
  }

  /** After a reload. */
  reloaded(running: Running, now: Instant): void {
    if (this.setup.witnesses === null || !servesAddresses(running.state)) return;
    const { witnesses } = this.evidenceOf(running, now);
    const end = this.mandates.get(running.router)?.end ?? null;
    const mandate = stepReloaded(running.config, this.mandateOf(running), end, witnesses, now);
    this.step(running, mandate, running.state, now);
  }

  /** What the peers are told of a virtual router. */
  newsOf(running: Running, now: Instant): RouterNews {
    const { config, machine, state } = running;
    const holds = state.at === 'master' || state.holding !== null;
    const isFit = state.at !== 'fault' && state.at !== 'init';
    const canServe = isFit && reachesGateway(config, { ...this.ofGateway(), ...NOBODY }, now);
    const length = grantLength(config, this.witnesses(config, now));
    const wants = wantsGrant(config, state, canServe) ? length : micros(0);
    const { priority } = machine;
    return { ...ends(config), role: state.at, priority, holds, canServe, wants, hasGrant: false };
  }

  /** The same of all, by group. */
  newsOfAll(groups: readonly (readonly Running[])[], now: Instant): readonly RouterNews[] {
    const isGranted = ({ config }: Running) =>
      this.setup.witnesses === null ? null : hasQuorum(config, this.witnesses(config, now), now);
    return groups.flatMap((members) =>
      inTurn(members.map((one) => ({ news: this.newsOf(one, now), isGranted: () => isGranted(one) }))),
    );
  }

  /** Why the place of the master is free, by what a peer has begun to say; null where it is not, or not for us. */
  vacated(running: Running, { word, before }: Said, now: Instant): string | null {
    const others = this.evidenceOf(running, now).peers.filter(({ routerId }) => routerId !== word.routerId);
    return vacated(before, word, others, running.machine);
  }

  private step(running: Running, mandate: Mandate, after: VrrpState, now: Instant): void {
    const { config, state, router } = running;
    const witnesses = this.witnesses(config, now);
    const next = stepMandate(config, mandate, state, after, witnesses, now);
    this.mandates.set(router, { mandate: next, end: mandateEnd(config, next, witnesses) });
  }

  private mandateOf({ router }: Running): Mandate {
    return this.mandates.get(router)?.mandate ?? NO_MANDATE;
  }

  private evidenceOf({ router, config }: Running, now: Instant): Evidence {
    const answer = this.answers.get(router);
    return {
      ...this.ofGateway(),
      answers: answer === undefined ? [] : [answer],
      peers: this.heartbeats?.words(config.vrid, now) ?? [],
      witnesses: this.witnesses(config, now),
    };
  }

  private ofGateway() {
    return { gatewayAt: this.gatewayAt, gatewaySilentSince: this.silentSince };
  }

  private witnesses(config: InstanceConfig, now: Instant): Evidence['witnesses'] {
    if (this.setup.witnesses === null) return [];
    return this.heartbeats?.witnesses(newsKey(ends(config)), now) ?? [];
  }

  private ask(router: number, now: Instant): void {
    if (this.setup.gateway) this.askGateway(now);
    this.perform.ask(this.node, router);
  }

  private askGateway(now: Instant): void {
    this.silentSince ??= now;
    this.perform.askGateway(this.node);
  }
}

const NOBODY = { answers: [], peers: [], witnesses: [] };

const ends = ({ family, vrid, virtualAddresses }: InstanceConfig) => ({
  family,
  vrid,
  address: virtualAddresses[0]?.address ?? null,
});
