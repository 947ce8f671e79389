import { earliest, type Instant } from '../base/units.ts';
import type { KernelErrorCode } from '../kernel/error.ts';
import type { IpvsOp } from '../model/ops.ts';
import {
  type DesiredService,
  destKey,
  type ObservedService,
  type ServiceKey,
  serviceKey,
} from '../model/services.ts';
import { serverDifference, serviceDifference } from '../plan/difference.ts';
import type { Drained } from '../plan/drain.ts';
import { performed } from '../plan/performed.ts';
import { NO_MEMORY, type ServiceMemory, type ServiceStep, stepService } from '../plan/service.ts';
import { tellDrained, tellDraining } from './check-drain.ts';
import { tellDrift } from './check-drift.ts';
import type { OurService, TableGoal } from './check-goal.ts';
import type { Scope } from './check-reader.ts';
import { serviceOf, TRANSIENT } from './check-refused.ts';
import { sparing, type Tell } from './check-tell.ts';

/** A table that somebody flushed has thousands of changes; the log gets so many of them. */
const MOST_TOLD = 100;

/** A service of ours as of its last reading. */
export interface Kept {
  readonly service: OurService;
  readonly memory: ServiceMemory;
  readonly draining: ServiceStep['drain']['draining'];
  readonly wakeAt: Instant | null;
}

/** A change and what came of it; null for success. */
export interface Outcome {
  readonly op: IpvsOp;
  readonly code: KernelErrorCode | null;
}

/** Remembers from reading to reading what our services were left as, what is drained, and what was changed by hand. */
export class CheckKeeper {
  readonly #tell: Tell;
  readonly #drained: (service: ServiceKey, finished: readonly Drained[]) => void;
  #kept = new Map<string, Kept>();
  /** Services of earlier configurations that are gone: whoever makes one of them anew may keep it. */
  readonly #released = new Set<string>();

  /** `drained` is told of the servers of a service whose drain is over. */
  constructor(tell: Tell, drained: (service: ServiceKey, finished: readonly Drained[]) => void) {
    this.#tell = tell;
    this.#drained = drained;
  }

  /** The services of the scope that the goal is about and that are ours still. */
  ours({ services }: TableGoal, scope: Scope): readonly OurService[] {
    const names = scope === 'all' ? [...services.keys()] : [...new Set(scope.map(serviceKey))];
    return names.flatMap((name) => {
      const service = services.get(name);
      const isOurs = service !== undefined && (service.configured !== null || !this.#released.has(name));
      return isOurs ? [service] : [];
    });
  }

  /** What these services should be, each just read as `observed` has it. Says what has changed. */
  step(
    { generation, drift: { policy }, services: all }: TableGoal,
    services: readonly OurService[],
    observed: ReadonlyMap<string, ObservedService>,
    now: Instant,
  ): readonly DesiredService[] {
    for (const name of this.#kept.keys()) if (!all.has(name)) this.#kept.delete(name);
    const { tell, end } = sparing(this.#tell, MOST_TOLD);
    const desired = services.flatMap((service) => {
      const name = serviceKey(service.key);
      const there = observed.get(name) ?? null;
      const { configured, endsAt } = service;
      const goal = { configured, wanted: service.wanted(), endsAt, policy, generation };
      const { desired, memory, drifts, drain } = stepService(
        this.#kept.get(name)?.memory ?? NO_MEMORY,
        goal,
        there,
        now,
      );
      for (const { drift, verdict } of drifts) tellDrift(tell, service.name, drift, verdict, policy);
      tellDraining(tell, service.name, drain);
      tellDrained(tell, service.name, drain, now);
      if (drain.finished.length > 0) this.#drained(service.key, drain.finished);
      const isGone = configured === null && there === null;
      if (isGone) {
        this.#kept.delete(name);
        this.#released.add(name);
      } else {
        this.#kept.set(name, { service, memory, draining: drain.draining, wakeAt: drain.wakeAt });
        this.#released.delete(name);
      }
      return desired ?? [];
    });
    end();
    return desired;
  }

  /** These changes were made after the last step. */
  record(outcomes: readonly Outcome[]): void {
    const byService = new Map<string, Outcome[]>();
    let last: ServiceKey | null = null;
    let others: Outcome[] = [];
    for (const outcome of outcomes) {
      const key = serviceOf(outcome.op);
      // A plan has the servers of a service one after the other.
      if (key !== last) {
        const name = serviceKey(key);
        others = byService.get(name) ?? [];
        byService.set(name, others);
        last = key;
      }
      others.push(outcome);
    }
    for (const [name, all] of byService) {
      const kept = this.#kept.get(name);
      if (kept === undefined || kept.memory.programmed === 'unknown') continue;
      // Where an answer was lost, the change may have been made or not.
      const isKnown = all.every(({ code }) => code === null || !TRANSIENT.has(code));
      const done = all.filter(({ code }) => code === null).map(({ op }) => op);
      const programmed = isKnown ? performed(kept.memory.programmed, done) : 'unknown';
      this.#kept.set(name, { ...kept, memory: { ...kept.memory, programmed } });
    }
  }

  /** The kernel may have lost the table: the next reading is a first one. */
  forget(): void {
    this.#kept.clear();
  }

  /** When the draining services are to be read again; null where nothing is drained. */
  get wakeAt(): Instant | null {
    return [...this.#kept.values()].reduce<Instant | null>((at, kept) => earliest(at, kept.wakeAt), null);
  }

  draining(): readonly ServiceKey[] {
    return [...this.#kept.values()].filter(({ wakeAt }) => wakeAt !== null).map(({ service }) => service.key);
  }

  /** As of the last readings, by serviceKey. */
  get kept(): ReadonlyMap<string, Kept> {
    return this.#kept;
  }

  /** What is not as configured because somebody else changed it and the policy is to say so. */
  reported(): readonly string[] {
    return [...this.#kept.values()].flatMap(({ service: { name }, memory: { overrides } }) => {
      if (overrides.policy !== 'report') return [];
      const service = overrides.service;
      return [
        ...(service === null
          ? []
          : [`service ${name}: ${serviceDifference(service.configured, service.attrs)}`]),
        ...[...overrides.servers.values()].map(
          ({ key, configured, attrs }) =>
            `server ${destKey(key)} of ${name}: ${serverDifference(configured, attrs)}`,
        ),
      ];
    });
  }
}
