import type { Ip } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { centis, elapsed, type Instant, later, type Micros, micros } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { InstanceDrillStep } from '../model/drill.ts';
import type { InstanceState } from '../model/status.ts';
import type { Backup } from './becoming.ts';
import {
  type DrillInput,
  type DrillMember,
  ownFault,
  pathsLost,
  standsOn,
  trackersAfter,
  unknownLoss,
  type VrrpLoss,
} from './drill-losses.ts';
import { drilledGate, forfeitAt, grantOf, type WitnessLoss } from './drill-witnesses.ts';
import { showDoings } from './drill-words.ts';
import { stepVrrp } from './fsm.ts';
import { groupFaults, type Member, type MemberStep, stepGroup } from './group.ts';
import { nextDeadline, type VrrpEvent, type VrrpState } from './state.ts';
import { activeInterval, masterDownInterval } from './timers.ts';
import { standing } from './tracking.ts';

/** Time for what follows a decision: the second burst of gratuitous ARP, the end of a handover. */
const AFTERMATH = 15_000_000;
/** A drill of adverts every 10 ms ends too. */
const MOST_STEPS = 20_000;

/**
 * What would come of these losses, by running the machines on from their present states, in the order of time; or a
 * sentence why that cannot be told. Masters that are heard now go on advertising as they do, unless lost; nobody else
 * is there, so that a master that leaves waits for its successor as long as it may.
 */
export function drillVrrp(
  input: DrillInput,
  losses: readonly VrrpLoss[],
): Result<readonly InstanceDrillStep[], string> {
  const unknown = losses.flatMap((loss) => unknownLoss(input, loss) ?? []);
  if (unknown[0] !== undefined) return err(unknown[0]);
  const steps = groupsOf(input).flatMap(({ name, members }) => {
    // What is on its way already, such as a second burst of gratuitous ARP, would come without a loss too.
    const anyway = new Set(
      new GroupDrill(name, members, input, []).run().map((step) => JSON.stringify(step)),
    );
    const drilled = new GroupDrill(name, members, input, losses).run();
    return drilled.filter((step) => !anyway.has(JSON.stringify(step)));
  });
  return ok(steps.sort((a, b) => a.afterMicros - b.afterMicros));
}

interface Gathered {
  readonly name: string;
  readonly members: readonly DrillMember[];
}

function groupsOf({ members, groups }: DrillInput): readonly Gathered[] {
  const grouped = groups.map((group) => ({
    name: group.name,
    members: group.members.flatMap((name) => members.find(({ config }) => config.name === name) ?? []),
  }));
  const inGroups = new Set(grouped.flatMap((group) => group.members));
  const single = members.filter((member) => !inGroups.has(member));
  return [...grouped, ...single.map((one) => ({ name: one.config.name, members: [one] }))].filter(
    (group) => group.members.length > 0,
  );
}

/** The instances of one group on their way through time. */
class GroupDrill {
  private readonly name: string;
  private readonly about: readonly DrillMember[];
  private readonly members: Member[];
  private readonly losses: readonly VrrpLoss[];
  private readonly start: Instant;
  private readonly delays: ReadonlyMap<string, Micros>;
  /** When the master of each member is heard again; null for never. */
  private readonly heardAt: (Instant | null)[];
  private readonly lostPaths: ReadonlySet<Ip>;
  private readonly steps: InstanceDrillStep[] = [];
  private now: Instant;

  constructor(name: string, members: readonly DrillMember[], input: DrillInput, losses: readonly VrrpLoss[]) {
    this.name = name;
    this.about = members;
    this.members = members.map(({ member }) => member);
    this.losses = losses;
    this.start = input.now;
    this.now = input.now;
    this.delays = new Map(input.linkDelays.map((delay) => [delay.interface, delay.down]));
    this.lostPaths = pathsLost(input, losses);
    this.heardAt = members.map((one) => this.firstAdvert(one));
  }

  run(): readonly InstanceDrillStep[] {
    const lossTimes = [...new Set(this.losses.map((loss) => this.timeOf(loss)))].sort((a, b) => a - b);
    const end = this.end(lossTimes);
    for (let i = 0; i < MOST_STEPS; i++) {
      const loss = lossTimes[0] ?? null;
      if (loss === null && this.members.every((_, index) => this.isSettled(index))) break;
      const [when, act] = this.next(loss);
      if (when === null || when > end) break;
      this.now = Math.max(this.now, when) as Instant;
      if (when === loss) lossTimes.shift();
      act();
    }
    return this.steps;
  }

  private timeOf(loss: VrrpLoss): Instant {
    return loss.kind === 'link'
      ? later(this.start, this.delays.get(loss.interface) ?? micros(0))
      : this.start;
  }

  private end(lossTimes: readonly Instant[]): Instant {
    const waits = this.members.map(({ config, state }) =>
      masterDownInterval(config, activeInterval(config, state.at === 'backup' ? state.interval : null)),
    );
    const grants = Math.max(...this.about.map(grantOf));
    return later(lossTimes.at(-1) ?? this.start, micros(3 * Math.max(...waits) + grants + AFTERMATH));
  }

  /** What comes next, and when. At one moment losses come first, then adverts, then deadlines. */
  private next(loss: Instant | null): readonly [Instant | null, () => void] {
    let soonest: readonly [Instant | null, () => void] = [loss, () => this.lose()];
    const offer = (at: Instant | null, act: () => void) => {
      if (at !== null && (soonest[0] === null || at < soonest[0])) soonest = [at, act];
    };
    for (const [i, at] of this.heardAt.entries()) offer(at, () => this.hear(i));
    for (const [i, { state }] of this.members.entries()) {
      const tick = () => this.dispatch(i, { on: 'tick' });
      offer(nextDeadline(state), tick);
      if (state.at === 'master') offer(this.forfeitsAt(i), tick);
    }
    return soonest;
  }

  private isMasterLost(config: InstanceConfig): boolean {
    return this.losses.some(
      (loss) =>
        (loss.kind === 'peer' && ['all', config.name, this.name].includes(loss.name)) ||
        (loss.kind === 'link' && standsOn(config, loss.interface)),
    );
  }

  /** When witnesses that are lost cost a master its addresses; null for never. */
  private forfeitsAt(index: number): Instant | null {
    const about = this.about[index];
    return about === undefined ? null : forfeitAt(about, this.lossOf(about));
  }

  private lossOf({ config }: DrillMember): WitnessLoss {
    const at = later(
      this.start,
      micros(Math.max(0, ...this.losses.map((loss) => elapsed(this.start, this.timeOf(loss))))),
    );
    return { at, paths: this.lostPaths, isMasterLost: this.isMasterLost(config) };
  }

  private firstAdvert({ config, member: { config: machine, state } }: DrillMember): Instant | null {
    if (state.at !== 'backup' || state.master === null || state.master.priority === 0) return null;
    if (this.isMasterLost(config)) return null;
    const interval = activeInterval(machine, state.interval);
    const missed = Math.floor(Math.max(0, elapsed(state.armedAt, this.start)) / interval);
    return later(state.armedAt, micros((missed + 1) * interval));
  }

  private hear(index: number): void {
    const { state, config } = this.at(index);
    if (state.at !== 'backup' || state.master === null) {
      this.heardAt[index] = null;
      return;
    }
    const interval = activeInterval(config, state.interval);
    this.heardAt[index] = later(this.now, interval);
    const { address: source, priority } = state.master;
    const advert = {
      source,
      priority,
      advertInterval: centis(interval / 10_000),
      isExpected: true,
      addressListDiffers: false,
      intervalDiffers: false,
      checksumForm: 'message',
    } as const;
    this.dispatch(index, { on: 'advert', advert });
  }

  private lose(): void {
    const due = this.losses.filter((loss) => this.timeOf(loss) <= this.now);
    const standings = this.about.map(({ config, tracks }) =>
      standing(config, tracks, trackersAfter(tracks, due)),
    );
    const faults = groupFaults(
      this.name,
      this.about.map(({ config }, i) => ({
        name: config.name,
        fault: ownFault(config, due) ?? standings[i]?.faults[0] ?? null,
      })),
    );
    for (const [i, { priority }] of standings.entries()) this.reprioritise(i, priority, due);
    for (const [i, because] of faults.entries()) {
      if (because !== null && this.at(i).state.at !== 'fault') this.dispatch(i, { on: 'fault', because });
    }
    if (due.some(({ kind }) => kind === 'stop')) {
      for (const i of this.members.keys()) this.dispatch(i, { on: 'shutdown' });
    }
  }

  private reprioritise(index: number, priority: number, due: readonly VrrpLoss[]): void {
    const member = this.at(index);
    const before = member.config;
    if (priority === before.priority) return;
    const config = { ...before, priority };
    const { state } = stepVrrp(config, member.state, { on: 'reconfigured', before }, this.now);
    this.members[index] = { ...member, config, state };
    const what = due.flatMap((loss) => (loss.kind === 'tracker' ? [`${loss.tracker} ${loss.name}`] : []));
    const links = due.flatMap((loss) => (loss.kind === 'link' ? [`interface ${loss.interface}`] : []));
    const does = [`goes on with priority ${priority} instead of ${before.priority}`];
    const lost = what.length + links.length > 0 ? [`${[...what, ...links].join(' and ')} lost`] : [];
    const files = due.flatMap((loss) =>
      loss.kind === 'file' ? [`file ${loss.name} says ${loss.value}`] : [],
    );
    this.note(index, member.state, state, [...lost, ...files].join(' and '), does);
  }

  private dispatch(index: number, event: VrrpEvent): void {
    for (const [i, about] of this.about.entries()) {
      const { config, ...member } = this.at(i);
      const gate = drilledGate(about, this.lossOf(about), this.start, this.now);
      this.members[i] = { ...member, config: { ...config, gate } };
    }
    for (const step of stepGroup(this.name, this.members, index, event, this.now)) this.take(step);
  }

  private take({ member: index, state, effects }: MemberStep): void {
    const member = this.at(index);
    this.members[index] = { ...member, state };
    const about = this.about[index];
    if (about === undefined) return;
    const report = effects.find(({ effect }) => effect === 'report');
    const because = report?.effect === 'report' ? report.because : null;
    const does = showDoings(about.config, effects, because !== null);
    if (because !== null || does.length > 0) this.note(index, member.state, state, because ?? '', does);
  }

  private note(
    index: number,
    from: VrrpState,
    to: VrrpState,
    because: string,
    does: readonly string[],
  ): void {
    const instance = this.at(index).name;
    // Whoever is withheld asks again and again.
    const last = this.steps.findLast((step) => step.instance === instance);
    if (because === '' && last?.because === '' && last.does.join() === does.join()) return;
    this.steps.push({
      kind: 'instance',
      afterMicros: elapsed(this.start, this.now),
      instance,
      from: from.at.toUpperCase() as InstanceState,
      to: to.at.toUpperCase() as InstanceState,
      because,
      does,
    });
  }

  private isSettled(index: number): boolean {
    const { state, config } = this.at(index);
    if (state.at === 'master') {
      if (state.conflict !== null) return false;
      const { announce, announcedAt } = state;
      return announce === null || elapsed(announcedAt, announce.at) === config.garp.refresh;
    }
    if (state.holding !== null) return false;
    return (
      state.at !== 'backup' || (this.heardAt[index] !== null && !this.wouldPreempt(state, config.priority))
    );
  }

  private wouldPreempt({ master, preemptAt }: Backup, priority: number): boolean {
    return preemptAt !== null && master !== null && master.priority < priority;
  }

  private at(index: number): Member {
    const member = this.members[index];
    if (member === undefined) throw new RangeError(`no member ${index}`);
    return member;
  }
}
