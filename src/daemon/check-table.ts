import { err, ok, type Result } from '../base/result.ts';
import { millis } from '../base/units.ts';
import type { KernelError } from '../kernel/error.ts';
import type { Ipvs, IpvsUnavailable } from '../kernel/ipvs.ts';
import type { IpvsOp } from '../model/ops.ts';
import {
  type DesiredService,
  type ObservedService,
  type ObservedTable,
  type ServiceKey,
  serviceKey,
} from '../model/services.ts';
import type { Part } from '../model/status.ts';
import { ours, planIpvs } from '../plan/ipvs.ts';
import type { CheckPorts } from './check-ports.ts';
import { isHopeless, isSurprise, serviceOf, showOp, TRANSIENT } from './check-refused.ts';
import type { Tell } from './check-tell.ts';

/** What the kernel should hold, as of the moment in which it is asked for. */
export interface TableGoal {
  readonly generation: number;
  readonly desired: readonly DesiredService[];
  /** The services that are ours to change or remove: the desired ones and those of earlier configurations. */
  readonly keys: readonly ServiceKey[];
}

export interface TableListener {
  goal(): TableGoal;
  /** The first reading, before anything is planned: the whole table, and what of it is ours. */
  found(table: ObservedTable, ours: readonly ObservedService[]): void;
  /** The kernel holds the goal of this generation, or why it does not. */
  settled(generation: number, problem: string | null): void;
}

/** The services to read before planning: only these, or the whole table. */
type Scope = 'all' | readonly ServiceKey[];

const union = (a: Scope, b: Scope): Scope => (a === 'all' || b === 'all' ? 'all' : [...a, ...b]);

/** How often in a row the table is read and planned anew while it changes under us. */
const ROUNDS = 5;
/** More services than this are read with the whole table. */
const SINGLY = 32;
const RETRY = millis(5000);
const REOPEN = millis(10_000);

/**
 * Brings the kernel's table to a goal and keeps to it: one attempt at a time, each with the newest goal. An attempt
 * reads what it is about, plans the difference, performs it, and reads again until nothing is left to do.
 */
export class CheckTable {
  readonly #ports: Pick<CheckPorts, 'clock' | 'after' | 'openIpvs'>;
  readonly #listener: TableListener;
  readonly #tell: Tell;
  #ipvs: Ipvs | null = null;
  #opening: Promise<Result<Ipvs, IpvsUnavailable>> | null = null;
  #last: Part<ObservedTable> = { available: false, reason: 'the table has not been read yet' };
  #found = false;
  #wanted: Scope | null = null;
  #working: Promise<void> | null = null;
  #callOff: (() => void) | null = null;
  /** Problems that have been said and still last. */
  #told: ReadonlySet<string> = new Set();
  #closing = false;

  constructor(ports: Pick<CheckPorts, 'clock' | 'after' | 'openIpvs'>, tell: Tell, listener: TableListener) {
    this.#ports = ports;
    this.#listener = listener;
    this.#tell = tell;
  }

  /** The table as it was last read. */
  get last(): Part<ObservedTable> {
    return this.#last;
  }

  /**
   * The goal has changed, for these services at least; `all` also finds what others changed. Resolves when the
   * newest goal has been reached or given up for now.
   */
  reconcile(scope: Scope): Promise<void> {
    this.#wanted = this.#wanted === null ? scope : union(this.#wanted, scope);
    this.#callOff?.();
    this.#callOff = null;
    this.#working ??= this.#work();
    return this.#working;
  }

  /** The table as it is now, or why it cannot be read; for people, not for planning. */
  async read(): Promise<Part<ObservedTable>> {
    const opened = await this.#open();
    if (!opened.ok) return { available: false, reason: opened.error.message };
    const takenAt = this.#ports.clock.wall();
    const dumped = await opened.value.dump();
    return dumped.ok ? { available: true, takenAt, value: dumped.value } : unread(dumped.error);
  }

  /** Reconciles once more, with the goal as it is then, and lets go of the kernel. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.reconcile('all');
    this.#ipvs?.close();
    this.#ipvs = null;
  }

  async #work(): Promise<void> {
    while (this.#wanted !== null) {
      const scope = this.#wanted;
      this.#wanted = null;
      await this.#attempt(scope);
    }
    this.#working = null;
  }

  async #attempt(wanted: Scope): Promise<void> {
    // A machine that only does VRRP needs no IPVS and is not told that it has none.
    const { generation, keys } = this.#listener.goal();
    if (keys.length === 0) return this.#settle(generation, []);
    const opened = await this.#open();
    if (!opened.ok) return this.#giveUp(opened.error.message);
    const refused = new Map<string, string>();
    let surprise: string | null = null;
    let scope = wanted;
    for (let round = 0; round < ROUNDS; round++) {
      const seen = await this.#observe(opened.value, scope);
      if (!seen.ok) {
        if (!TRANSIENT.has(seen.error.code)) return this.#lose(opened.value, seen.error);
        surprise = `reading the table: ${seen.error.message}`;
        scope = 'all';
        continue;
      }
      const goal = this.#newestGoal(seen.value);
      const plan = planIpvs(ours(seen.value, goal.keys), goal.desired);
      const ops = plan.filter((op) => !isHopeless(op, refused));
      if (ops.length === 0) return this.#settle(goal.generation, [...refused.values()]);
      surprise = await this.#perform(opened.value, ops, refused);
      scope = surprise === null ? ops.map(serviceOf) : 'all';
    }
    const { generation: reached } = this.#listener.goal();
    this.#settle(reached, [...refused.values(), surprise ?? 'the table keeps changing']);
  }

  #newestGoal(table: ObservedTable): TableGoal {
    if (!this.#found) {
      this.#found = true;
      this.#listener.found(table, ours(table, this.#listener.goal().keys));
    }
    return this.#listener.goal();
  }

  /** Records refused changes in `refused`; gives the last surprise, or null when there was none. */
  async #perform(ipvs: Ipvs, ops: readonly IpvsOp[], refused: Map<string, string>): Promise<string | null> {
    const results = await ipvs.perform(ops);
    let surprise: string | null = null;
    const done: string[] = [];
    for (const [i, op] of ops.entries()) {
      const result = results[i];
      const name = showOp(op);
      if (result === undefined) throw new Error(`no outcome for ${name}`);
      if (result.ok) done.push(name);
      else if (isSurprise(op, result.error.code)) surprise = `${name}: ${result.error.message}`;
      else refused.set(name, `${name}: ${result.error.message}`);
    }
    if (done.length > 0) {
      const more = done.length === 1 ? '' : ` and ${done.length - 1} more`;
      this.#tell('info', 'ipvs_programmed', `performed ${done[0]}${more}`, { changes: done.length });
    }
    return surprise;
  }

  #open(): Promise<Result<Ipvs, IpvsUnavailable>> {
    if (this.#ipvs !== null) return Promise.resolve(ok(this.#ipvs));
    this.#opening ??= this.#ports.openIpvs().then((opened) => {
      this.#opening = null;
      if (opened.ok) this.#ipvs = opened.value;
      return opened;
    });
    return this.#opening;
  }

  /** Reads the services of the scope anew; the others are as they were when the table was last read. */
  async #observe(ipvs: Ipvs, scope: Scope): Promise<Result<ObservedTable, KernelError>> {
    const names = new Map(scope === 'all' ? [] : scope.map((key) => [serviceKey(key), key]));
    if (scope === 'all' || names.size > SINGLY || !this.#last.available) return this.#readAll(ipvs);
    const { takenAt, value } = this.#last;
    let table: ObservedTable = value;
    for (const [name, key] of names) {
      const read = await ipvs.dumpService(key);
      if (!read.ok) return this.#unread(read.error);
      table = withService(table, name, read.value);
    }
    this.#last = { available: true, takenAt, value: table };
    return ok(table);
  }

  async #readAll(ipvs: Ipvs): Promise<Result<ObservedTable, KernelError>> {
    const takenAt = this.#ports.clock.wall();
    const dumped = await ipvs.dump();
    if (!dumped.ok) return this.#unread(dumped.error);
    this.#last = { available: true, takenAt, value: dumped.value };
    return dumped;
  }

  #unread(error: KernelError): Result<never, KernelError> {
    this.#last = unread(error);
    return err(error);
  }

  #settle(generation: number, problems: readonly string[]): void {
    for (const problem of problems) {
      if (!this.#told.has(problem)) this.#tell('error', 'ipvs_op_failed', problem, { generation });
    }
    this.#told = new Set(problems);
    if (problems.length > 0) this.#retry(RETRY);
    this.#listener.settled(generation, problems.length > 0 ? problems.join('; ') : null);
  }

  /** The kernel has stopped to answer as IPVS: its module may be gone. What is opened next says so. */
  #lose(ipvs: Ipvs, error: KernelError): void {
    ipvs.close();
    if (this.#ipvs === ipvs) this.#ipvs = null;
    this.#giveUp(unread(error).reason);
  }

  #giveUp(because: string): void {
    this.#last = { available: false, reason: because };
    if (!this.#told.has(because)) {
      const message = `${because}; services are not balanced, it is tried again every ${REOPEN / 1000} s`;
      this.#tell('error', 'ipvs_unavailable', message, { reason: because });
    }
    this.#told = new Set([because]);
    this.#retry(REOPEN);
    this.#listener.settled(this.#listener.goal().generation, because);
  }

  #retry(delay: typeof RETRY): void {
    if (this.#closing) return;
    this.#callOff?.();
    this.#callOff = this.#ports.after(delay, () => void this.reconcile('all'));
  }
}

const unread = (error: KernelError): { readonly available: false; readonly reason: string } => ({
  available: false,
  reason: `the table cannot be read: ${error.message}`,
});

/** The table with this service as it is now: in its place, at the end where it is new, gone where it is null. */
function withService(table: ObservedTable, name: string, service: ObservedService | null): ObservedTable {
  const index = table.services.findIndex(({ key }) => serviceKey(key) === name);
  const services = [...table.services];
  const now = service === null ? [] : [service];
  services.splice(index === -1 ? services.length : index, 1, ...now);
  return { ...table, services };
}
