import { setTimeout as sleep } from 'node:timers/promises';
import { type Millis, millis, type WallTime } from '../base/units.ts';
import type { Decision, FormerDecisions, Journal } from '../model/journal.ts';
import type { Part, VrrpStatus } from '../model/status.ts';
import type { EventRing } from './event-ring.ts';
import type { Supervisor } from './supervisor.ts';

/** What core answers to questions about the past. */
export interface CoreJournal {
  readonly events: EventRing;
  /** What vrrp knows of an instance; null where there is no such instance. Questions wait for one another. */
  journal(instance: string): Promise<Part<Journal | null>>;
  /** What former vrrp processes had decided for it, oldest first. */
  former(instance: string): readonly FormerDecisions[];
}

const ASK: Millis = millis(1000);
/** After each decision core asks for it, so that it outlives the process; at most so often, whatever is decided. */
const PACE: Millis = millis(200);
/** Of each instance and process, and processes of each instance. */
const DECISIONS = 4;
const PROCESSES = 4;

export function createCoreJournal(
  vrrp: Pick<Supervisor<VrrpStatus>, 'askJournal' | 'shown'>,
  events: EventRing,
): CoreJournal {
  let before: Promise<unknown> = Promise.resolve();
  /** When the process was started that `latest` is of. */
  let current: WallTime | null = null;
  const latest = new Map<string, readonly Decision[]>();
  const gone = new Map<string, readonly FormerDecisions[]>();
  const decided = new Set<string>();
  let isAsking = false;

  const journal = (instance: string): Promise<Part<Journal | null>> => {
    const answer = before.then(() => vrrp.askJournal(instance, ASK));
    before = answer;
    return answer;
  };

  const turnPage = () => {
    const { startedAt } = vrrp.shown();
    if (startedAt === null || startedAt === current) return;
    for (const [name, decisions] of latest) {
      const all = [...(gone.get(name) ?? []), { until: startedAt, decisions }];
      gone.set(name, all.slice(-PROCESSES));
    }
    latest.clear();
    current = startedAt;
  };

  const ask = async () => {
    isAsking = true;
    for (const instance of decided) {
      decided.delete(instance);
      turnPage();
      const part = await journal(instance);
      if (part.available && part.value !== null) latest.set(instance, part.value.decisions.slice(-DECISIONS));
      await sleep(PACE, undefined, { ref: false });
    }
    isAsking = false;
  };

  events.follow(({ event, fields }) => {
    const { instance } = fields;
    if (event !== 'vrrp_state' || typeof instance !== 'string') return;
    decided.add(instance);
    if (!isAsking) void ask();
  });

  return {
    events,
    journal,
    former(instance) {
      turnPage();
      return gone.get(instance) ?? [];
    },
  };
}
