import type { Clock } from '../base/clock.ts';
import type { Result } from '../base/result.ts';
import {
  elapsed,
  type Instant,
  later,
  type Millis,
  microsToMillis,
  millis,
  millisToMicros,
} from '../base/units.ts';
import type { Applied, VrrpOrder } from '../ipc/messages.ts';
import type { Log } from '../kernel/log.ts';
import type { FollowedStates } from '../model/check.ts';
import type { Machines } from '../model/drill.ts';
import type { EventLevel, EventName, LbdEvent } from '../model/events.ts';
import type { Journal } from '../model/journal.ts';
import type { Notice } from '../model/notify.ts';
import type { IpvsSettings, RestoreOutcome, RestoreRequest } from '../model/restore.ts';
import type { Part, ProcessStatus } from '../model/status.ts';
import type { TraceAnswer, TraceQuestion } from '../model/trace.ts';
import type { TrackerStates } from '../model/tracking.ts';
import type { Verdicts } from '../model/verdicts.ts';
import { adoptProcess, type Child, RECENT, type WorkerProcess } from './supervisor-process.ts';

export interface SupervisorDoor<Status> {
  readonly clock: Clock;
  readonly log: Log;
  readonly fork: () => Child;
  /** Called whenever the process has applied a desired state. */
  readonly applied: () => void;
  /** Called with every status of the process. */
  readonly heard?: (status: Status) => void;
  /** Of check only: called with what it makes of its servers. */
  readonly verdicts?: (verdicts: Verdicts) => void;
  readonly notice: (notice: Notice) => void;
  /** Writes lines that the process records. */
  readonly record?: (lines: readonly string[]) => Promise<void>;
}

/** What is known of the process that a new one replaces. */
export interface Predecessor<Status> {
  readonly status: Status;
  /** The last moment at which it is known to have been doing its work. */
  readonly aliveAt: Instant;
}

export interface Supervisor<Status> {
  start(): void;
  /** Sends the desired state: now, or as soon as a process is ready for it. */
  apply(): void;
  /** Tells the running process; one that is not ready yet gets them with its desired state. */
  tellTrackers(trackers: TrackerStates): void;
  /** The same, of what checks follow. */
  tellFollowed(followed: FollowedStates): void;
  /** Of check only: addresses are about to go to another director. */
  tellHandover(): void;
  /** What the running process said last of a desired state. */
  said(): Applied;
  /** What the process says of this generation or a newer one; null when it says nothing within `bound`. */
  settled(generation: number, bound: Millis): Promise<Applied | null>;
  /** A report made after this call; unavailable, with the reason, when none comes within `bound`. */
  ask(bound: Millis): Promise<Part<Status>>;
  /** Of vrrp only: what it knows of one instance, null where that is none of its own. One question at a time. */
  askJournal(instance: string, bound: Millis): Promise<Part<Journal | null>>;
  /** Of vrrp only: its machines as they are now. One question at a time. */
  askMachines(bound: Millis): Promise<Part<Machines>>;
  /** Of vrrp only: has it do something now. One at a time. */
  order(order: VrrpOrder, name: string, bound: Millis): Promise<Part<Result<void, string>>>;
  /** Of check only: where a packet would go. One question at a time. */
  trace(question: TraceQuestion, bound: Millis): Promise<Part<Result<TraceAnswer, string>>>;
  /** Of check only: what IPVS is besides its table. One question at a time. */
  askSettings(bound: Millis): Promise<Part<Result<IpvsSettings, string>>>;
  /** Of check only: has it restore a saved table. One at a time. */
  restore(request: RestoreRequest, bound: Millis): Promise<Part<Result<RestoreOutcome, string>>>;
  /** The last status of the running process; null when that is older than three seconds. */
  recent(): Part<Status> | null;
  shown(): ProcessStatus;
  /** Asks the process to stop, and kills it after `bound`. Resolves when it is gone. */
  stop(bound: Millis): Promise<void>;
}

const NOTHING_APPLIED: Applied = { generation: 0, problem: null, refused: [] };
const TICK = millis(1000);
/** Children say something every second. */
const SILENT = millis(5000);
/** Until its first word a process loads its modules: seconds, where the CPU is emulated. */
const STARTING = millis(20_000);
/** A process that was heard within two of those of its death was at work until then. */
const AT_WORK = millis(2000);
const SETTLED = millis(10_000);

/** The pause before a restart, after so many deaths in a row of processes younger than 10 s: 0, 100, 200, … 5000 ms. */
export const restartDelay = (earlierDeaths: number): Millis =>
  millis(earlierDeaths === 0 ? 0 : Math.min(5000, 100 * 2 ** (earlierDeaths - 1)));

/**
 * Keeps one child process running: starts it again when it dies, at once and then with growing pauses while it keeps
 * dying young. One that hangs (SIGSTOP, endless loop) is reported and left alone: a hung check leaves the kernel
 * forwarding, and a hung vrrp is replaced by its peers.
 *
 * `desired` is asked for the state whenever one is sent. It is given the predecessor until the running process has
 * applied a state, so that a role can be taken up again.
 */
export function createSupervisor<Desired, Status>(
  name: ProcessStatus['name'],
  desired: (predecessor: Predecessor<Status> | null) => Desired,
  {
    clock,
    log,
    fork,
    applied,
    notice,
    heard = () => undefined,
    verdicts = () => undefined,
    record = async () => undefined,
  }: SupervisorDoor<Status>,
): Supervisor<Status> {
  let current: WorkerProcess<Desired, Status> | null = null;
  let predecessor: Predecessor<Status> | null = null;
  let restart: { readonly timer: NodeJS.Timeout; readonly at: Instant } | null = null;
  let ticker: NodeJS.Timeout | null = null;
  let tickedAt = clock.now();
  let silent = false;
  let restarts = 0;
  let youngDeaths = 0;
  let stopped: (() => void) | null = null;
  const waiting = new Set<() => void>();

  const say = (level: EventLevel, event: EventName, message: string, fields: LbdEvent['fields']) =>
    log.write({ at: clock.wall(), level, event, message, fields: { child: name, ...fields } }, 'core');

  const since = (at: Instant): Millis => microsToMillis(elapsed(at, clock.now()));

  const silence = (process: WorkerProcess<Desired, Status>): Millis =>
    since(process.heardAt() ?? process.startedAt);

  const absent = (): Part<never> => {
    const wait = restart === null ? '' : `; it is started again in ${Math.max(0, -since(restart.at))} ms`;
    return { available: false, reason: `${name} is not running${wait}` };
  };

  const apply = () => {
    if (current === null || !current.isReady() || stopped !== null) return;
    current.apply(desired(current.applied().generation > 0 ? null : predecessor));
  };

  const launch = () => {
    silent = false;
    const next = adoptProcess<Desired, Status>(name, fork(), clock, {
      ready: apply,
      status: heard,
      verdicts,
      applied: () => {
        for (const look of waiting) look();
        applied();
      },
      event: (event) => log.write(event, name),
      notice,
      record,
      lost: (count) =>
        say('warn', 'events_lost', `${count} events of ${name} came too fast to be read`, { count }),
      gone: (how) => bury(next, how),
    });
    current = next;
    say('info', 'process_started', `${name} runs as pid ${next.pid}`, { pid: next.pid });
  };

  const bury = (dead: WorkerProcess<Desired, Status>, how: string) => {
    const now = clock.now();
    const last = dead.lastStatus();
    const heardAt = dead.heardAt();
    if (last !== null && heardAt !== null) {
      predecessor = { status: last.status, aliveAt: since(heardAt) <= AT_WORK ? now : heardAt };
    }
    current = null;
    if (stopped !== null) {
      say('info', 'process_exited', `${name} ${how}`, { pid: dead.pid });
      return stopped();
    }
    if (since(dead.startedAt) >= SETTLED) youngDeaths = 0;
    const delay = restartDelay(youngDeaths++);
    say('error', 'process_exited', `${name} ${how}; it is started again`, { pid: dead.pid, delay_ms: delay });
    restart = {
      at: later(now, millisToMicros(delay)),
      timer: setTimeout(() => {
        restart = null;
        restarts++;
        launch();
      }, delay),
    };
  };

  const tick = () => {
    const heldUp = since(tickedAt) > 2 * TICK;
    tickedAt = clock.now();
    // After a stall of our own, what the child said still waits in the socket: nobody is judged.
    if (current === null || heldUp) return;
    const age = silence(current);
    const nowSilent = age >= (current.heardAt() === null ? STARTING : SILENT);
    if (nowSilent === silent) return;
    silent = nowSilent;
    const fields = { pid: current.pid, silent };
    if (silent)
      say('warn', 'process_silent', `${name} has been silent for ${Math.floor(age / 1000)} s`, fields);
    else say('info', 'process_silent', `${name} is heard again`, fields);
  };

  return {
    start() {
      launch();
      tickedAt = clock.now();
      ticker = setInterval(tick, TICK);
    },
    apply,
    tellTrackers(trackers) {
      if (current?.isReady() === true && stopped === null) current.tellTrackers(trackers);
    },
    tellFollowed(followed) {
      if (current?.isReady() === true && stopped === null) current.tellFollowed(followed);
    },
    tellHandover() {
      if (current?.isReady() === true && stopped === null) current.tellHandover();
    },
    said: () => current?.applied() ?? NOTHING_APPLIED,
    settled: (generation, bound) =>
      new Promise((resolve) => {
        const finish = (said: Applied | null) => {
          clearTimeout(timer);
          waiting.delete(look);
          resolve(said);
        };
        const look = () => {
          const said = current?.applied() ?? NOTHING_APPLIED;
          if (said.generation >= generation) finish(said);
        };
        const timer = setTimeout(() => finish(null), bound);
        waiting.add(look);
        look();
      }),
    ask: async (bound) => current?.ask(bound) ?? absent(),
    askJournal: async (instance, bound) => current?.askJournal(instance, bound) ?? absent(),
    askMachines: async (bound) => current?.askMachines(bound) ?? absent(),
    order: async (order, name, bound) => current?.order(order, name, bound) ?? absent(),
    trace: async (question, bound) => current?.trace(question, bound) ?? absent(),
    askSettings: async (bound) => current?.askSettings(bound) ?? absent(),
    restore: async (request, bound) => current?.restore(request, bound) ?? absent(),
    recent() {
      const last = current?.lastStatus() ?? null;
      if (last === null || since(last.at) > RECENT) return null;
      return { available: true, takenAt: last.wall, value: last.status };
    },
    shown() {
      const last = current?.applied() ?? NOTHING_APPLIED;
      return {
        name,
        pid: current?.pid ?? null,
        startedAt: current?.startedWall ?? null,
        restarts,
        applied: last.generation,
        problem:
          silent && current !== null ? `silent for ${Math.floor(silence(current) / 1000)} s` : last.problem,
      };
    },
    stop(bound) {
      if (ticker !== null) clearInterval(ticker);
      if (restart !== null) clearTimeout(restart.timer);
      return new Promise((resolve) => {
        stopped = resolve;
        if (current === null) resolve();
        else current.stop(bound);
      });
    },
  };
}
