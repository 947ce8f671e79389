import { elapsed, type Instant, type Millis, micros, microsToMillis, millis } from '../base/units.ts';
import type { KernelError } from '../kernel/error.ts';
import type { Ipvs } from '../kernel/ipvs.ts';
import type { IpvsOp } from '../model/ops.ts';
import {
  type DestKey,
  type ObservedService,
  type ObservedTable,
  type ServiceKey,
  serviceKey,
} from '../model/services.ts';
import { ours, planIpvs, strangers } from '../plan/ipvs.ts';
import type { OurService, TableGoal } from './check-goal.ts';
import type { CheckKeeper } from './check-keeper.ts';
import { paced } from './check-pace.ts';
import type { CheckPorts } from './check-ports.ts';
import { CheckReader, type Reading, type Scope, union, unread } from './check-reader.ts';
import { isHopeless, isSurprise, serviceOf, showOp, TRANSIENT } from './check-refused.ts';
import type { Tell } from './check-tell.ts';

export interface TableListener {
  goal(): TableGoal;
  /** The first reading, before anything is planned: the whole table, and what of it is ours. */
  found(table: ObservedTable, ours: readonly ObservedService[]): void;
  /** The weight of this server is set again and again, as it rises. */
  isRising(service: ServiceKey, server: DestKey): boolean;
  /** What these services should be now is planned and then performed. */
  planned(services: readonly ServiceKey[]): void;
  /** The kernel holds the goal of this generation, or why it does not, and what it refuses for good. */
  settled(generation: number, problems: readonly string[], refused: readonly string[]): void;
}

/** How often in a row the table is read and planned anew while it changes under us. */
const ROUNDS = 5;
/** Reading again and again takes at most one part in ten of the time. */
const REST = 9;
const RETRY = millis(5000);
const REOPEN = millis(10_000);

/** A change that the kernel refuses for good. */
interface Refusal {
  readonly op: IpvsOp;
  readonly because: string;
}

type Timer = 'retry' | 'drain' | 'compare';

/**
 * Brings the kernel's table to a goal and keeps to it: one attempt at a time, each with the newest goal. An attempt
 * reads what it is about, plans the difference, performs it, and reads again until nothing is left to do. The whole
 * table is compared every now and then, services that are drained every second.
 */
export class CheckTable {
  readonly #ports: Pick<CheckPorts, 'clock' | 'after' | 'openIpvs'>;
  readonly #listener: TableListener;
  readonly #tell: Tell;
  readonly #keeper: CheckKeeper;
  readonly #reader: CheckReader;
  readonly #readDraining: () => void;
  #found = false;
  /** Services of others may still be there that are to go. */
  #isToFlush = true;
  #wanted: Scope | null = null;
  #working: Promise<void> | null = null;
  /** What calls off what comes next. */
  readonly #timers = new Map<Timer, () => void>();
  /** The generation for which the whole table was last planned. */
  #planned = 0;
  /** By showOp. */
  #refused: ReadonlyMap<string, Refusal> = new Map();
  /** Problems that have been said and still last. */
  #told: ReadonlySet<string> = new Set();
  #closing = false;
  /** What is open is the table of a former data plane. */
  #isFormer = false;

  constructor(
    ports: Pick<CheckPorts, 'clock' | 'after' | 'openIpvs'>,
    tell: Tell,
    keeper: CheckKeeper,
    listener: TableListener,
  ) {
    this.#ports = ports;
    this.#listener = listener;
    this.#tell = tell;
    this.#keeper = keeper;
    this.#reader = new CheckReader(ports);
    this.#readDraining = paced(ports, REST, () =>
      this.#closing ? undefined : this.reconcile(keeper.draining()),
    );
  }

  /** The table as it was last read. */
  get last(): CheckReader['last'] {
    return this.#reader.last;
  }

  /** The table as it is now, or why it cannot be read; for people, not for planning. */
  read(): ReturnType<CheckReader['show']> {
    return this.#reader.show();
  }

  /** The kernel's IPVS, for what is no goal of ours. */
  open(): ReturnType<CheckReader['open']> {
    return this.#reader.open();
  }

  /**
   * The goal has changed, for these services at least; `all` also finds what others changed. Resolves when the
   * newest goal has been reached or given up for now.
   */
  reconcile(scope: Scope): Promise<void> {
    this.#wanted = this.#wanted === null ? scope : union(this.#wanted, scope);
    this.#working ??= this.#work();
    return this.#working;
  }

  /** What is opened next is the table of another data plane: its first reading is a first one. */
  turn(): void {
    this.#isFormer = true;
  }

  /** Reconciles once more, with the goal as it is then, and lets go of the kernel. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const callOff of this.#timers.values()) callOff();
    // Everything goes at once, and nothing of that is worth a word.
    this.#keeper.forget();
    this.#isToFlush = true;
    await this.#removeOurs();
    await this.reconcile('all');
    this.#reader.close();
  }

  /** All at once and unread: to read 100,000 servers takes longer than to remove them. What is left is seen afterwards. */
  async #removeOurs(): Promise<void> {
    await this.#working;
    const ours = this.#keeper.ours(this.#listener.goal(), 'all');
    if (ours.length === 0 || !this.last.available) return;
    const opened = await this.#reader.open();
    if (!opened.ok) return;
    await this.#perform(
      opened.value,
      ours.map(({ key }) => ({ op: 'delService', key })),
    );
  }

  async #work(): Promise<void> {
    while (this.#wanted !== null) {
      const scope = this.#wanted;
      this.#wanted = null;
      const startedAt = this.#ports.clock.now();
      await this.#attempt(scope);
      this.#schedule(scope, startedAt);
    }
    this.#working = null;
  }

  async #attempt(wanted: Scope): Promise<void> {
    // A machine that only does VRRP needs no IPVS and is not told that it has none.
    const { generation, services, flush } = this.#listener.goal();
    if (services.size === 0 && !flush) return this.#settle(generation, null);
    if (this.#isFormer) this.#leave();
    const opened = await this.#reader.open();
    if (!opened.ok) return this.#giveUp(opened.error.message);
    this.#forgive(wanted);
    let surprise: string | null = null;
    let scope = wanted;
    for (let round = 0; round < ROUNDS; round++) {
      const seen = await this.#reader.read(opened.value, scope);
      if (!seen.ok) {
        if (!TRANSIENT.has(seen.error.code)) return this.#giveUp(unread(seen.error).reason);
        surprise = `reading the table: ${seen.error.message}`;
        scope = 'all';
        continue;
      }
      const planned = this.#plan(seen.value);
      const ops = this.#refused.size === 0 ? planned : planned.filter((op) => !isHopeless(op, this.#refused));
      if (ops.length === 0) return this.#settle(this.#planned, null);
      surprise = await this.#perform(opened.value, ops);
      scope = surprise === null ? [...new Set(ops.map(serviceOf))] : 'all';
    }
    this.#settle(this.#listener.goal().generation, surprise ?? 'the table keeps changing');
  }

  /** What is to be done to the services that were just read. */
  #plan({ scope, table }: Reading): readonly IpvsOp[] {
    if (!this.#found) {
      this.#found = true;
      this.#listener.found(table, ours(table, keysOf(this.#keeper.ours(this.#listener.goal(), 'all'))));
    }
    const goal = this.#listener.goal();
    const services = this.#keeper.ours(goal, scope);
    this.#listener.planned(keysOf(services));
    if (scope === 'all') this.#planned = goal.generation;
    const observed = ours(table, keysOf(services));
    const byName = new Map(observed.map((service) => [serviceKey(service.key), service]));
    const desired = this.#keeper.step(goal, services, byName, this.#ports.clock.now());
    return [...planIpvs(observed, desired), ...this.#flush(table)];
  }

  /** Once: what others have there when we begin, and when we end. */
  #flush(table: ObservedTable): readonly IpvsOp[] {
    if (!this.#isToFlush) return [];
    const { flush, services } = this.#listener.goal();
    const left = flush ? strangers(table, keysOf([...services.values()])) : [];
    this.#isToFlush = left.length > 0;
    if (left.length > 0) {
      const text = `${left.length} services of others are removed, as ${this.#closing ? 'flush_on_stop' : 'flush'} has it`;
      this.#tell('info', 'ipvs_flushed', text, { services: left.length });
    }
    return left.map((key) => ({ op: 'delService', key }));
  }

  /** Records what is refused; gives the last surprise, or null when there was none. */
  async #perform(ipvs: Ipvs, ops: readonly IpvsOp[]): Promise<string | null> {
    const results = await ipvs.perform(ops);
    let surprise: string | null = null;
    const refused = new Map(this.#refused);
    const outcomes = ops.map((op, i) => {
      const result = results[i];
      if (result === undefined) throw new Error(`no outcome for ${showOp(op)}`);
      const error: KernelError | null = result.ok ? null : result.error;
      // Of thousands that nothing is to be said of, none is named.
      if (error === null && refused.size === 0) return { op, code: null };
      const name = showOp(op);
      if (error === null) refused.delete(name);
      else if (isSurprise(op, error.code)) surprise = `${name}: ${error.message}`;
      else refused.set(name, { op, because: `${name}: ${error.message}` });
      return { op, code: error?.code ?? null };
    });
    this.#refused = refused;
    this.#keeper.record(outcomes);
    const done = outcomes.flatMap(({ op, code }) => (code === null ? [op] : []));
    const isRise = (op: IpvsOp) => op.op === 'setDest' && this.#listener.isRising(op.of, op.dest.key);
    this.#tellPerformed(
      'info',
      done.filter((op) => !isRise(op)),
    );
    // One a second for each server; that it begins is told, and its last weight.
    this.#tellPerformed('debug', done.filter(isRise));
    return surprise;
  }

  #tellPerformed(level: 'info' | 'debug', [first, ...others]: readonly IpvsOp[]): void {
    if (first === undefined) return;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    const changes = others.length + 1;
    this.#tell(level, 'ipvs_programmed', `performed ${showOp(first)}${more}`, { changes });
  }

  /** What was refused for these services is tried once more. */
  #forgive(scope: Scope): void {
    const names = scope === 'all' ? null : new Set(scope.map(serviceKey));
    const others = [...this.#refused].filter(
      ([, { op }]) => names !== null && !names.has(serviceKey(serviceOf(op))),
    );
    this.#refused = new Map(others);
  }

  #settle(generation: number, surprise: string | null): void {
    const refused = [...this.#refused.values()].map(({ because }) => because);
    const problems = [...refused, ...(surprise === null ? [] : [surprise]), ...this.#reader.problems()];
    for (const problem of problems) {
      if (!this.#told.has(problem)) this.#tell('error', 'ipvs_op_failed', problem, { generation });
    }
    this.#told = new Set(problems);
    if (problems.length === 0) this.#callOff('retry');
    // Readings of other services in between do not put it off.
    else if (!this.#timers.has('retry')) this.#in('retry', RETRY, () => void this.reconcile('all'));
    this.#listener.settled(generation, [...problems, ...this.#keeper.reported()], refused);
  }

  #leave(): void {
    this.#isFormer = false;
    this.#refused = new Map();
    this.#keeper.forget();
    this.#reader.lose('the table has not been read yet');
  }

  /** There is no IPVS, or it has stopped to answer as such: its module may be gone. What is opened next says so. */
  #giveUp(because: string): void {
    this.#reader.lose(because);
    this.#keeper.forget();
    if (!this.#told.has(because)) {
      const message = `${because}; services are not balanced, it is tried again every ${REOPEN / 1000} s`;
      this.#tell('error', 'ipvs_unavailable', message, { reason: because });
    }
    this.#told = new Set([because]);
    this.#refused = new Map();
    this.#in('retry', REOPEN, () => void this.reconcile('all'));
    this.#listener.settled(this.#listener.goal().generation, [because], []);
  }

  #schedule(scope: Scope, startedAt: Instant): void {
    const now = this.#ports.clock.now();
    const { drift, services } = this.#listener.goal();
    const isDue = scope === 'all' || !this.#timers.has('compare');
    if (isDue && services.size > 0 && this.last.available) {
      const rest = microsToMillis(micros(REST * elapsed(startedAt, now)));
      this.#in('compare', millis(Math.max(drift.interval, rest)), () => void this.reconcile('all'));
    }
    const { wakeAt } = this.#keeper;
    if (wakeAt === null) this.#callOff('drain');
    else {
      const wait = millis(Math.max(0, Math.ceil(elapsed(now, wakeAt) / 1000)));
      this.#in('drain', wait, this.#readDraining);
    }
  }

  #in(timer: Timer, delay: Millis, run: () => void): void {
    this.#callOff(timer);
    if (this.#closing) return;
    const callOff = this.#ports.after(delay, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.set(timer, callOff);
  }

  #callOff(timer: Timer): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }
}

const keysOf = (services: readonly OurService[]): readonly ServiceKey[] => services.map(({ key }) => key);
