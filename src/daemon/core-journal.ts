import { type Millis, millis } from '../base/units.ts';
import type { Journal } from '../model/journal.ts';
import type { Part, VrrpStatus } from '../model/status.ts';
import type { EventRing } from './event-ring.ts';
import type { Supervisor } from './supervisor.ts';

/** What core answers to questions about the past. */
export interface CoreJournal {
  readonly events: EventRing;
  /** What vrrp knows of an instance; null where there is no such instance. Questions wait for one another. */
  journal(instance: string): Promise<Part<Journal | null>>;
}

const ASK: Millis = millis(1000);

export function createCoreJournal(
  vrrp: Pick<Supervisor<VrrpStatus>, 'askJournal'>,
  events: EventRing,
): CoreJournal {
  let before: Promise<unknown> = Promise.resolve();
  return {
    events,
    journal(instance) {
      const answer = before.then(() => vrrp.askJournal(instance, ASK));
      before = answer;
      return answer;
    },
  };
}
