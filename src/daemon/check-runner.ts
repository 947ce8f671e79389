import type { Millis } from '../base/units.ts';
import { type CheckState, stepCheck } from '../health/check.ts';
import { firstCheckDelay, nextDelay } from '../health/stagger.ts';
import { checkOfTurn, FIRST_TURN, stepTurn, type Turn } from '../health/turn.ts';
import { type CheckWeight, NO_CHECK_WEIGHT } from '../health/weight.ts';
import type { CheckConfig } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import type { LastCheck } from '../model/status.ts';
import type { CheckPorts } from './check-ports.ts';

export interface RunnerPorts extends Pick<CheckPorts, 'clock' | 'after' | 'random'> {
  probe(check: CheckConfig): Promise<ProbeOutcome>;
}

/** What one outcome did. */
export interface RunnerNews {
  readonly runner: CheckRunner;
  readonly outcome: ProbeOutcome;
  /** The weight that it asks for is another one. */
  readonly reweighs: boolean;
  /** The last outcome before this one; null for none. */
  readonly before: LastCheck | null;
}

/** One check of a real server, from its first probe on: when it is made, and what is believed of what it finds. */
export class CheckRunner {
  readonly config: CheckConfig;
  readonly #ports: RunnerPorts;
  readonly #tell: (news: RunnerNews) => void;
  #state: CheckState;
  #turn: Turn = FIRST_TURN;
  #weight: CheckWeight = NO_CHECK_WEIGHT;
  #last: LastCheck | null = null;
  /** Calls the next probe off; null while none is due. */
  #callOff: (() => void) | null = null;
  #run: Run = { isStopped: true };

  constructor(
    config: CheckConfig,
    state: CheckState,
    ports: RunnerPorts,
    tell: (news: RunnerNews) => void,
    former: CheckRunner | null,
  ) {
    this.config = config;
    this.#state = state;
    this.#ports = ports;
    this.#tell = tell;
    // What was seen last and the weight that was asked for hold until there is something new.
    this.#last = former?.last ?? null;
    const mayWeigh = config.type !== 'misc' || config.isDynamic;
    this.#weight = (mayWeigh ? former?.weight : null) ?? NO_CHECK_WEIGHT;
  }

  get state(): CheckState {
    return this.#state;
  }

  get last(): LastCheck | null {
    return this.#last;
  }

  /** It makes no probes. */
  get isStopped(): boolean {
    return this.#run.isStopped;
  }

  get weight(): CheckWeight {
    return this.#weight;
  }

  /** Begins, or goes on after a stop; the first probe comes after a while. */
  start(): void {
    this.stop();
    const run = { isStopped: false };
    this.#run = run;
    this.#in(firstCheckDelay(this.config.warmup, this.#ports.random()), run);
  }

  /** No probe starts after this, and what one that runs finds is not heard any more. */
  stop(): void {
    this.#run.isStopped = true;
    this.#callOff?.();
  }

  /** Where it begins after all; for one that has not run yet. */
  begin(state: CheckState): void {
    this.#state = state;
  }

  /** Believes what was found, whoever found it; gives the pause until the next probe. */
  take(outcome: ProbeOutcome, weight: CheckWeight): Millis {
    const turned = stepTurn(this.config, this.#state, this.#turn, outcome.verdict);
    const { state, next } = stepCheck(this.config, this.#state, turned.verdict);
    const before = this.#last;
    const reweighs = weight.sets !== this.#weight.sets || weight.adds !== this.#weight.adds;
    const { verdict, result, latency, detail, code = null } = outcome;
    this.#turn = turned.turn;
    this.#state = state;
    this.#weight = weight;
    this.#last = { at: this.#ports.clock.wall(), ok: verdict === 'pass', result, latency, detail, code };
    this.#tell({ runner: this, outcome, reweighs, before });
    return next;
  }

  #in(delay: Millis, run: Run): void {
    this.#callOff = this.#ports.after(delay, () => void this.#probe(run));
  }

  async #probe(run: Run): Promise<void> {
    this.#callOff = null;
    const outcome = await this.#ports.probe(checkOfTurn(this.config, this.#state, this.#turn));
    if (run.isStopped) return;
    const next = this.take(outcome, weightOf(outcome, this.#weight));
    this.#in(nextDelay(this.config, next, outcome.latency), run);
  }
}

/** From a start to the next stop. */
interface Run {
  isStopped: boolean;
}

/** A check that fails, or says nothing of the weight, leaves that as it was. */
const weightOf = ({ verdict, weight = null }: ProbeOutcome, before: CheckWeight): CheckWeight =>
  verdict === 'pass' ? { sets: weight ?? before.sets, adds: 0 } : before;
