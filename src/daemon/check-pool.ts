import type { Clock } from '../base/clock.ts';
import {
  elapsed,
  type Instant,
  later,
  type Micros,
  type Millis,
  micros,
  millis,
  millisToMicros,
  type WallTime,
} from '../base/units.ts';
import { probeKey } from '../health/probe-key.ts';
import { firstCheckDelay, nextDelay } from '../health/stagger.ts';
import type { CheckConfig } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import type { LastCheck } from '../model/status.ts';
import { CheckAgenda, type Dated } from './check-agenda.ts';
import type { CheckPorts } from './check-ports.ts';

export interface PoolPorts extends Pick<CheckPorts, 'after' | 'place'> {
  readonly clock: Clock;
  probe(check: CheckConfig): Promise<ProbeOutcome>;
}

/** The latency that does not put off the next probe: below this, and below a tenth of the pause. */
const SHORT = millis(250);

/** What is shown of an outcome. */
export const lastOf = (outcome: ProbeOutcome, at: WallTime): LastCheck => {
  const { verdict, result, latency, detail, code = null, layer = null } = outcome;
  return { at, verdict, result, latency, detail, code, layer };
};

/** One of those that a probe is made for. */
export interface PoolMember {
  /** What it has joined for, or an equal one. */
  readonly config: CheckConfig;
  /** What is asked next. */
  ask(): CheckConfig;
  /** Takes what was found; gives the pause that it wants until the next probe. */
  hear(outcome: ProbeOutcome, last: LastCheck): Millis;
}

/** Who waits for the same probe. `dueAt` is when the next one begins, or should have begun. */
export interface Line extends Dated {
  /** Another array whenever one leaves. A set of one is 300 bytes. */
  members: PoolMember[];
}

/** Makes the probes of all checks: of those that ask the same, one for all. */
export class CheckPool {
  readonly #ports: PoolPorts;
  readonly #agenda: CheckAgenda<Line>;
  /** By what their probes ask, and of whom. */
  readonly #shared = new Map<string, Map<string, Line>>();

  constructor(ports: PoolPorts) {
    this.#ports = ports;
    this.#agenda = new CheckAgenda(ports, (line) => void this.#probe(line));
  }

  /**
   * From now on the member hears what probes of its check find, until it leaves the line that this gives. The first comes
   * after a while, or with the next that is made for others.
   */
  join(member: PoolMember): Line {
    const key = probeKey(member.config);
    if (key === null) return this.#begin(member);
    const others = this.#asking(key.what);
    const line = others.get(key.whom);
    line?.members.push(member);
    if (line !== undefined) return line;
    const begun = this.#begin(member);
    others.set(key.whom, begun);
    return begun;
  }

  /** The member hears nothing more. */
  leave(line: Line, member: PoolMember): void {
    line.members = line.members.filter((one) => one !== member);
    if (line.members.length > 0) return;
    this.#agenda.remove(line);
    const key = probeKey(member.config);
    if (key === null) return;
    const others = this.#asking(key.what);
    if (others.get(key.whom) === line) others.delete(key.whom);
    if (others.size === 0) this.#shared.delete(key.what);
  }

  #asking(what: string): Map<string, Line> {
    const known = this.#shared.get(what);
    if (known !== undefined) return known;
    const lines = new Map<string, Line>();
    this.#shared.set(what, lines);
    return lines;
  }

  #begin(member: PoolMember): Line {
    const { clock, place } = this.#ports;
    const dueAt = later(clock.now(), millisToMicros(firstCheckDelay(member.config.warmup, place())));
    const line: Line = { members: [member], dueAt, place: 0, number: 0 };
    this.#agenda.add(line);
    return line;
  }

  async #probe(line: Line): Promise<void> {
    const [first] = line.members;
    if (first === undefined) throw new Error('a probe for nobody');
    const outcome = await this.#ports.probe(first.ask());
    const last = lastOf(outcome, this.#ports.clock.wall());
    const { interval } = first.config;
    let pause = interval;
    const { members } = line;
    for (const member of [...members]) {
      if (line.members !== members && !line.members.includes(member)) continue;
      const wanted = member.hear(outcome, last);
      // Whoever counts failures is heard: it has asked for them at this distance. To others more news does no harm.
      if (wanted !== interval) pause = wanted;
    }
    if (line.members.length === 0) return;
    // A short latency is mostly what this process took to look. Would it count, then those that it looks at together came
    // ever closer to each other: of 10,000 checks a second all would soon fall into a third of it.
    const latency = outcome.latency < Math.min(SHORT, pause / 10) ? millis(0) : outcome.latency;
    const wait = millisToMicros(nextDelay(first.config, pause, latency));
    line.dueAt = this.#dueAfter(later(line.dueAt, millisToMicros(latency)), wait);
    this.#agenda.add(line);
  }

  /**
   * When the next probe begins after one that was to end at `end`. What this process was late is made up for, and what it
   * missed is left out: checks that a stall has brought together would stay together otherwise. Half a wait is kept.
   */
  #dueAfter(end: Instant, wait: Micros): Instant {
    const due = later(end, wait);
    const short = elapsed(due, this.#ports.clock.now()) + wait / 2;
    return short <= 0 || wait === 0 ? due : later(due, micros(Math.ceil(short / wait) * wait));
  }
}
