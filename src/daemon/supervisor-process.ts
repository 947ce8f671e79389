import type { Clock } from '../base/clock.ts';
import type { Result } from '../base/result.ts';
import { elapsed, type Instant, type Millis, microsToMillis, millis, type WallTime } from '../base/units.ts';
import { openChannel, type Peer } from '../ipc/channel.ts';
import type { Applied, FromWorker, ToWorker, VrrpOrder } from '../ipc/messages.ts';
import type { FollowedStates } from '../model/check.ts';
import type { Machines } from '../model/drill.ts';
import type { LbdEvent } from '../model/events.ts';
import type { Journal } from '../model/journal.ts';
import type { Notice } from '../model/notify.ts';
import type { IpvsSettings, RestoreOutcome, RestoreRequest } from '../model/restore.ts';
import type { Part, ProcessStatus } from '../model/status.ts';
import type { TraceAnswer, TraceQuestion } from '../model/trace.ts';
import type { TrackerStates } from '../model/tracking.ts';
import type { Verdicts } from '../model/verdicts.ts';

/** A forked process, as `child_process.fork` gives it. */
export interface Child extends Peer {
  readonly pid?: number | undefined;
  kill(signal: 'SIGKILL'): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  on(event: 'exit', listener: (code: number | null, signal: string | null) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface Heard<Status> {
  readonly status: Status;
  readonly at: Instant;
  readonly wall: WallTime;
}

/** What a process tells its supervisor besides answers. */
export interface Listener<Status> {
  ready(): void;
  status(status: Status): void;
  verdicts(verdicts: Verdicts): void;
  /** It has applied a desired state. */
  applied(): void;
  event(event: LbdEvent): void;
  notice(notice: Notice): void;
  /** Lines that it records; resolves when they are written. */
  record(lines: readonly string[]): Promise<void>;
  /** That many events of the process were dropped before they could be read. */
  lost(count: number): void;
  /** The process is gone (or never came): how, as the end of a sentence. Called once, and last. */
  gone(how: string): void;
}

/** One process from fork to exit. */
export interface WorkerProcess<Desired, Status> {
  readonly pid: number | null;
  readonly startedAt: Instant;
  readonly startedWall: WallTime;
  /** What it last said of a desired state; generation 0 before that. */
  applied(): Applied;
  /** When anything was last heard of it; null before the first word. */
  heardAt(): Instant | null;
  /** Those that were asked for are forgotten when they are not recent any more: with 10,000 servers one takes 8 MB. */
  lastStatus(): Heard<Status> | null;
  /** True when it said that it reads its channel. */
  isReady(): boolean;
  apply(desired: Desired): void;
  tellTrackers(trackers: TrackerStates): void;
  tellFollowed(followed: FollowedStates): void;
  tellHandover(): void;
  /** A report made after this call, or why there is none within `bound`. */
  ask(bound: Millis): Promise<Part<Status>>;
  askJournal(instance: string, bound: Millis): Promise<Part<Journal | null>>;
  askMachines(bound: Millis): Promise<Part<Machines>>;
  trace(question: TraceQuestion, bound: Millis): Promise<Part<Result<TraceAnswer, string>>>;
  askSettings(bound: Millis): Promise<Part<Result<IpvsSettings, string>>>;
  restore(request: RestoreRequest, bound: Millis): Promise<Part<Result<RestoreOutcome, string>>>;
  order(order: VrrpOrder, name: string, bound: Millis): Promise<Part<Result<void, string>>>;
  /** Asks it to clean up and exit; kills it after `bound`. */
  stop(bound: Millis): void;
}

/** A status is recalled for so long. */
export const RECENT = millis(3000);
/** What a process gets to finish after its channel has closed. */
const LINGER = millis(3000);

/** Takes charge of a child that was just forked. */
export function adoptProcess<Desired, Status>(
  name: ProcessStatus['name'],
  child: Child,
  clock: Clock,
  listener: Listener<Status>,
): WorkerProcess<Desired, Status> {
  const startedAt = clock.now();
  const startedWall = clock.wall();
  const pid = child.pid ?? null;
  const asked = new Map<number, (part: Part<Status>) => void>();
  const askedJournals = new Map<number, (part: Part<Journal | null>) => void>();
  const askedMachines = new Map<number, (part: Part<Machines>) => void>();
  const ordered = new Map<number, (part: Part<Result<void, string>>) => void>();
  const tracing = new Map<number, (part: Part<Result<TraceAnswer, string>>) => void>();
  const askedSettings = new Map<number, (part: Part<Result<IpvsSettings, string>>) => void>();
  const restoring = new Map<number, (part: Part<Result<RestoreOutcome, string>>) => void>();
  let nextId = 1;
  let recorded = 0;
  let ready = false;
  let applied: Applied = { generation: 0, problem: null, refused: [] };
  let heardAt: Instant | null = null;
  let pushed: Heard<Status> | null = null;
  let reported: Heard<Status> | null = null;
  let forgetting: NodeJS.Timeout | undefined;
  let ended = false;
  let killer: NodeJS.Timeout | null = null;

  const killAfter = (bound: Millis) => {
    killer ??= setTimeout(() => child.kill('SIGKILL'), bound);
  };

  const hear = (status: Status): Heard<Status> => {
    listener.status(status);
    return { status, at: clock.now(), wall: clock.wall() };
  };

  const receive = (message: FromWorker<Status>, dropped: number): void => {
    heardAt = clock.now();
    if (dropped > 0) listener.lost(dropped);
    switch (message.message) {
      case 'ready':
        ready = true;
        listener.ready();
        return;
      case 'applied':
        applied = message;
        listener.applied();
        return;
      case 'status':
        pushed = hear(message.status);
        return;
      case 'verdicts':
        listener.verdicts(message.verdicts);
        return;
      case 'alive':
        return;
      case 'report': {
        reported = hear(message.status);
        clearTimeout(forgetting);
        forgetting = setTimeout(() => {
          reported = null;
        }, RECENT);
        const { wall, status } = reported;
        // Nobody waits any more for an answer that took longer than its bound.
        asked.get(message.id)?.({ available: true, takenAt: wall, value: status });
        return;
      }
      case 'journal':
        askedJournals.get(message.id)?.({ available: true, takenAt: clock.wall(), value: message.journal });
        return;
      case 'machines':
        askedMachines.get(message.id)?.({ available: true, takenAt: clock.wall(), value: message.machines });
        return;
      case 'ordered':
        ordered.get(message.id)?.({ available: true, takenAt: clock.wall(), value: message.outcome });
        return;
      case 'traced':
        tracing.get(message.id)?.({ available: true, takenAt: clock.wall(), value: message.answer });
        return;
      case 'settings':
        askedSettings.get(message.id)?.({ available: true, takenAt: clock.wall(), value: message.settings });
        return;
      case 'restored':
        restoring.get(message.id)?.({ available: true, takenAt: clock.wall(), value: message.outcome });
        return;
      case 'event':
        listener.event(message.event);
        return;
      case 'notice':
        listener.notice(message.notice);
        return;
      case 'record': {
        const { from, lines } = message.batch;
        // At its end it sends again what it cannot know to have arrived.
        const fresh = lines.slice(Math.max(0, recorded - from));
        recorded = from + lines.length;
        const upTo = recorded;
        void listener.record(fresh).then(() => channel.send({ message: 'recorded', upTo }));
        return;
      }
      case 'stopped':
        channel.close();
        return;
    }
  };

  const end = (how: string) => {
    if (ended) return;
    ended = true;
    if (killer !== null) clearTimeout(killer);
    clearTimeout(forgetting);
    const reason = `${name} ${how}`;
    for (const answer of asked.values()) answer({ available: false, reason });
    for (const answer of askedJournals.values()) answer({ available: false, reason });
    for (const answer of askedMachines.values()) answer({ available: false, reason });
    for (const answer of ordered.values()) answer({ available: false, reason });
    for (const answer of tracing.values()) answer({ available: false, reason });
    for (const answer of askedSettings.values()) answer({ available: false, reason });
    for (const answer of restoring.values()) answer({ available: false, reason });
    listener.gone(how);
  };

  const channel = openChannel<ToWorker<Desired>, FromWorker<Status>>(child, receive, () => {
    if (!ended) killAfter(LINGER);
  });
  child.on('exit', (code, signal) =>
    end(signal === null ? `exited with code ${code}` : `ended by ${signal}`),
  );
  child.on('error', (error) => {
    if (pid === null) end(`could not be started: ${error.message}`);
  });

  const silence = (): string => {
    if (heardAt === null) return `${name} (pid ${pid}) is starting`;
    const age = microsToMillis(elapsed(heardAt, clock.now()));
    return `${name} (pid ${pid}) does not answer, last heard ${(age / 1000).toFixed(1)} s ago`;
  };

  const question = <T>(
    open: Map<number, (part: Part<T>) => void>,
    bound: Millis,
    put: (id: number) => void,
  ): Promise<Part<T>> =>
    new Promise((resolve) => {
      const id = nextId++;
      const answer = (part: Part<T>) => {
        clearTimeout(timer);
        open.delete(id);
        resolve(part);
      };
      const timer = setTimeout(() => answer({ available: false, reason: silence() }), bound);
      open.set(id, answer);
      put(id);
    });

  return {
    pid,
    startedAt,
    startedWall,
    applied: () => applied,
    heardAt: () => heardAt,
    lastStatus: () =>
      reported !== null && (pushed === null || reported.at >= pushed.at) ? reported : pushed,
    isReady: () => ready,
    apply: (desired) => channel.send({ message: 'desired', desired }),
    tellTrackers: (trackers) => channel.send({ message: 'trackers', trackers }),
    tellFollowed: (followed) => channel.send({ message: 'followed', followed }),
    tellHandover: () => channel.send({ message: 'handover' }),
    ask: (bound) => question(asked, bound, (id) => channel.send({ message: 'report', id })),
    askJournal: (instance, bound) =>
      question(askedJournals, bound, (id) => channel.send({ message: 'journal', id, instance })),
    askMachines: (bound) => question(askedMachines, bound, (id) => channel.send({ message: 'machines', id })),
    order: (order, name, bound) =>
      question(ordered, bound, (id) => channel.send({ message: 'order', id, order, name })),
    trace: (what, bound) =>
      question(tracing, bound, (id) => channel.send({ message: 'trace', id, question: what })),
    askSettings: (bound) => question(askedSettings, bound, (id) => channel.send({ message: 'settings', id })),
    restore: (request, bound) =>
      question(restoring, bound, (id) => channel.send({ message: 'restore', id, request })),
    stop(bound) {
      channel.send({ message: 'stop' });
      killAfter(bound);
    },
  };
}
