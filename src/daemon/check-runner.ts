import { type Millis, type WallTime, wallTime } from '../base/units.ts';
import { type CheckState, stepCheck } from '../health/check.ts';
import { nextDelay } from '../health/stagger.ts';
import { checkOfTurn, FIRST_TURN, stepTurn, type Turn } from '../health/turn.ts';
import { type CheckWeight, NO_CHECK_WEIGHT } from '../health/weight.ts';
import type { CheckConfig } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import type { LastCheck } from '../model/status.ts';
import type { CheckPool, Line, PoolMember } from './check-pool.ts';
import type { CheckPorts } from './check-ports.ts';

export interface RunnerPorts extends Pick<CheckPorts, 'clock' | 'after'> {
  readonly pool: Pick<CheckPool, 'join' | 'leave'>;
}

/** What one outcome did. One that is well and changes nothing is no news. */
export interface RunnerNews<Owner> {
  readonly runner: CheckRunner<Owner>;
  readonly outcome: ProbeOutcome;
  /** The weight that it asks for is another one. */
  readonly reweighs: boolean;
  /** The last outcome before this one; null for none. */
  readonly before: LastCheck | null;
}

/** What a check has come to. */
export type RunnerState = Pick<CheckRunner<never>, 'config' | 'state' | 'last' | 'nextAt' | 'weight'>;

/** One check of a real server, from its first probe on: what is asked, and what is believed of what is found. */
export class CheckRunner<Owner> implements PoolMember {
  #config: CheckConfig;
  readonly #ports: RunnerPorts;
  readonly #owner: Owner;
  readonly #tell: (owner: Owner, news: RunnerNews<Owner>) => void;
  #state: CheckState;
  #turn: Turn = FIRST_TURN;
  #weight: CheckWeight = NO_CHECK_WEIGHT;
  #last: LastCheck | null = null;
  /** From the last outcome to the next probe; null where none is to come. */
  #pause: Millis | null = null;
  /** Where it waits for probes; null while it does not. */
  #line: Line | null = null;

  constructor(
    config: CheckConfig,
    state: CheckState,
    ports: RunnerPorts,
    owner: Owner,
    tell: (owner: Owner, news: RunnerNews<Owner>) => void,
    former: CheckRunner<Owner> | null,
  ) {
    this.#config = config;
    this.#owner = owner;
    this.#state = state;
    this.#ports = ports;
    this.#tell = tell;
    // What was seen last and the weight that was asked for hold until there is something new.
    this.#last = former?.last ?? null;
    const mayWeigh = config.type !== 'misc' || config.isDynamic;
    this.#weight = (mayWeigh ? former?.weight : null) ?? NO_CHECK_WEIGHT;
  }

  get config(): CheckConfig {
    return this.#config;
  }

  get state(): CheckState {
    return this.#state;
  }

  get last(): LastCheck | null {
    return this.#last;
  }

  /** When it wants the next probe, which may come sooner for the sake of others; null where none is to come. */
  get nextAt(): WallTime | null {
    const [pause, last] = [this.#pause, this.#last];
    if (pause === null || last === null) return null;
    return wallTime(last.at + nextDelay(this.#config, pause, last.latency));
  }

  /** It makes no probes. */
  get isStopped(): boolean {
    return this.#line === null;
  }

  get weight(): CheckWeight {
    return this.#weight;
  }

  /** Begins, or goes on after a stop; the first probe comes after a while. */
  start(): void {
    this.stop();
    this.#line = this.#ports.pool.join(this);
  }

  ask(): CheckConfig {
    return checkOfTurn(this.#config, this.#state, this.#turn);
  }

  hear(outcome: ProbeOutcome, last: LastCheck): Millis {
    this.#pause = this.take(outcome, weightOf(outcome, this.#weight), last);
    return this.#pause;
  }

  /** Takes an equal configuration in the place of its own, which is of a whole that is not in use any more. */
  follow(config: CheckConfig): void {
    this.#config = config;
  }

  /** What a probe finds is not heard any more, one that runs included. */
  stop(): void {
    if (this.#line !== null) this.#ports.pool.leave(this.#line, this);
    this.#line = null;
    this.#pause = null;
  }

  /** Where it begins after all; for one that has not run yet. */
  begin(state: CheckState): void {
    this.#state = state;
  }

  /** Believes what was found, whoever found it, and keeps it as `last`; gives the pause until the next probe. */
  take(outcome: ProbeOutcome, weight: CheckWeight, last: LastCheck): Millis {
    const turned = stepTurn(this.#config, this.#state, this.#turn, outcome.verdict);
    const { state, changed, next } = stepCheck(this.#config, this.#state, turned.verdict);
    const before = this.#last;
    const reweighs = weight.sets !== this.#weight.sets || weight.adds !== this.#weight.adds;
    this.#turn = turned.turn;
    this.#state = state;
    this.#weight = weight;
    this.#last = last;
    // One probe may be for a thousand, and most find that all is well still.
    const isNews = changed !== null || reweighs || outcome.verdict !== 'pass';
    if (isNews) this.#tell(this.#owner, { runner: this, outcome, reweighs, before });
    return next;
  }
}

/** A check that fails, or says nothing of the weight, leaves that as it was. */
function weightOf({ verdict, weight = null }: ProbeOutcome, before: CheckWeight): CheckWeight {
  const sets = weight ?? before.sets;
  return verdict !== 'pass' || (sets === before.sets && before.adds === 0) ? before : { sets, adds: 0 };
}
