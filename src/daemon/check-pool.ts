import type { Clock } from '../base/clock.ts';
import {
  elapsed,
  type Instant,
  later,
  type Micros,
  type Millis,
  micros,
  microsToMillis,
  millis,
  millisToMicros,
  type WallTime,
} from '../base/units.ts';
import { probeKey } from '../health/probe-key.ts';
import { firstCheckDelay, nextDelay } from '../health/stagger.ts';
import type { CheckConfig } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import type { LastCheck } from '../model/status.ts';
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
  /** What is asked next. */
  ask(): CheckConfig;
  /** Takes what was found; gives the pause that it wants until the next probe. */
  hear(outcome: ProbeOutcome, last: LastCheck): Millis;
}

/** Who waits for the same probe. */
interface Line {
  /** As the first of them has it. */
  readonly check: CheckConfig;
  readonly members: Set<PoolMember>;
  /** When the next probe begins, or should have begun. */
  dueAt: Instant;
  callOff: () => void;
}

/** Makes the probes of all checks: of those that ask the same, one for all. */
export class CheckPool {
  readonly #ports: PoolPorts;
  /** By probeKey. */
  readonly #shared = new Map<string, Line>();

  constructor(ports: PoolPorts) {
    this.#ports = ports;
  }

  /**
   * From now on the member hears what probes of this check find. The first comes after a while, or with the next that is
   * made for others. What it gives takes the member out, which hears nothing more.
   */
  join(check: CheckConfig, member: PoolMember): () => void {
    const key = probeKey(check);
    const line = (key === null ? undefined : this.#shared.get(key)) ?? this.#begin(check, key);
    line.members.add(member);
    return () => {
      line.members.delete(member);
      if (line.members.size > 0) return;
      line.callOff();
      if (key !== null && this.#shared.get(key) === line) this.#shared.delete(key);
    };
  }

  #begin(check: CheckConfig, key: string | null): Line {
    const { clock, place } = this.#ports;
    const dueAt = later(clock.now(), millisToMicros(firstCheckDelay(check.warmup, place())));
    const line: Line = { check, members: new Set(), dueAt, callOff: () => undefined };
    if (key !== null) this.#shared.set(key, line);
    this.#wait(line);
    return line;
  }

  #wait(line: Line): void {
    const { clock, after } = this.#ports;
    const delay = Math.max(0, microsToMillis(elapsed(clock.now(), line.dueAt)));
    line.callOff = after(millis(delay), () => void this.#probe(line));
  }

  async #probe(line: Line): Promise<void> {
    const [first] = line.members;
    if (first === undefined) throw new Error('a probe for nobody');
    const outcome = await this.#ports.probe(first.ask());
    const last = lastOf(outcome, this.#ports.clock.wall());
    const { interval } = line.check;
    let pause = interval;
    for (const member of [...line.members]) {
      if (!line.members.has(member)) continue;
      const wanted = member.hear(outcome, last);
      // Whoever counts failures is heard: it has asked for them at this distance. To others more news does no harm.
      if (wanted !== interval) pause = wanted;
    }
    if (line.members.size === 0) return;
    // A short latency is mostly what this process took to look. Would it count, then those that it looks at together came
    // ever closer to each other: of 10,000 checks a second all would soon fall into a third of it.
    const latency = outcome.latency < Math.min(SHORT, pause / 10) ? millis(0) : outcome.latency;
    const wait = millisToMicros(nextDelay(line.check, pause, latency));
    line.dueAt = this.#dueAfter(later(line.dueAt, millisToMicros(latency)), wait);
    this.#wait(line);
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
