import type { Result } from '../../base/result.ts';
import type { TrackerHealth, TrackProcessConfig } from '../../model/tracking.ts';
import type { ProcessEvent } from '../../wire/process-event.ts';
import type { Say } from '../scripts/say.ts';
import { matchesProcess } from './process-match.ts';
import { listProcesses, readProcess } from './process-table.ts';
import { createQuorum, type Quorum } from './quorum.ts';

export type OpenProcessEvents = (listener: {
  event(event: ProcessEvent): void;
  overrun(): void;
}) => Promise<Result<{ close(): void }, { readonly message: string }>>;

export interface ProcessTrackers {
  /** Trackers that are new begin with what runs now; those that are the same go on. */
  apply(trackers: readonly TrackProcessConfig[]): void;
  states(): Record<string, TrackerHealth>;
  stop(): void;
}

interface Tracked {
  readonly config: TrackProcessConfig;
  readonly pids: Set<number>;
  readonly quorum: Quorum;
}

const SCAN_MS = 500;

/**
 * Counts the processes that each tracker means: a look at /proc, then the kernel's events; where it gives none, a look
 * at /proc twice a second.
 */
export function trackProcesses(door: {
  readonly say: Say;
  readonly changed: () => void;
  readonly openEvents: OpenProcessEvents;
}): ProcessTrackers {
  let tracked = new Map<string, Tracked>();
  let source: 'none' | 'opening' | 'events' | 'scans' = 'none';
  let events: { close(): void } | null = null;
  let scanner: NodeJS.Timeout | null = null;
  let stopped = false;

  const needsArguments = () =>
    [...tracked.values()].some(({ config }) => config.fullCommand || config.match !== 'any');

  /** Looks at one process for all trackers. */
  const look = (pid: number) => {
    const facts = readProcess(pid, needsArguments());
    for (const { config, pids } of tracked.values()) {
      if (facts !== null && matchesProcess(config, facts)) pids.add(pid);
      else pids.delete(pid);
    }
  };

  const scan = () => {
    const running = new Set(listProcesses());
    for (const { pids } of tracked.values()) for (const pid of pids) if (!running.has(pid)) pids.delete(pid);
    for (const pid of running) look(pid);
    count();
  };

  const count = () => {
    for (const { pids, quorum } of tracked.values()) quorum.count(pids.size);
  };

  const hear = (event: ProcessEvent) => {
    switch (event.what) {
      case 'fork':
        // Until it becomes another program a child is what its parent is.
        for (const { pids } of tracked.values()) if (pids.has(event.parent)) pids.add(event.pid);
        break;
      case 'exec':
      case 'comm':
        look(event.pid);
        break;
      case 'exit':
        for (const { pids } of tracked.values()) pids.delete(event.pid);
        break;
      case 'answer':
      case 'other':
        return;
    }
    count();
  };

  const open = async () => {
    source = 'opening';
    const opened = await door.openEvents({ event: hear, overrun: scan });
    if (stopped || tracked.size === 0) {
      if (opened.ok) opened.value.close();
      source = 'none';
      return;
    }
    if (opened.ok) {
      events = opened.value;
      source = 'events';
    } else {
      source = 'scans';
      const message = `the kernel tells of no processes here (${opened.error.message}): /proc is read every ${SCAN_MS} ms`;
      door.say('info', 'tracker_failed', message, { kind: 'process' });
      scanner = setInterval(scan, SCAN_MS);
    }
    // What happened while the stream was opened.
    scan();
  };

  const close = () => {
    events?.close();
    events = null;
    if (scanner !== null) clearInterval(scanner);
    scanner = null;
    if (source !== 'opening') source = 'none';
  };

  const begin = (config: TrackProcessConfig): Tracked => {
    const { name } = config;
    const quorum = createQuorum(config, (health, running) => {
      const level = health === 'good' ? 'info' : 'warn';
      const message = `process ${name} is ${health}: ${running} ${running === 1 ? 'runs' : 'run'}`;
      door.say(level, 'tracker_changed', message, { kind: 'process', name, health, running });
      door.changed();
    });
    return { config, pids: new Set(), quorum };
  };

  return {
    apply(trackers) {
      const before = tracked;
      tracked = new Map(
        trackers.map((config) => {
          const known = before.get(config.name);
          const same = known !== undefined && JSON.stringify(known.config) === JSON.stringify(config);
          return [config.name, same ? known : begin(config)];
        }),
      );
      for (const [name, old] of before) if (tracked.get(name) !== old) old.quorum.stop();
      if (tracked.size === 0) return close();
      scan();
      if (source === 'none') void open();
    },
    states: () =>
      Object.fromEntries(
        [...tracked].map(([name, { quorum }]): [string, TrackerHealth] => [name, quorum.health()]),
      ),
    stop() {
      stopped = true;
      close();
      for (const { quorum } of tracked.values()) quorum.stop();
    },
  };
}
