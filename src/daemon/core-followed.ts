import type { Clock } from '../base/clock.ts';
import { elapsed, type Instant, seconds } from '../base/units.ts';
import type { FollowedStates } from '../model/check.ts';
import type { BfdStatus } from '../model/status.ts';
import type { TrackerHealth } from '../model/tracking.ts';

/** A session that begins is given as long as vrrp gives it. */
const GRACE = seconds(3);

/** What core knows of the files and BFD sessions that checks follow. */
export interface CoreFollowed {
  states(): FollowedStates;
  /** The sessions as the vrrp process has them. */
  hear(sessions: readonly BfdStatus[]): void;
  /** The files may have other numbers. */
  look(): void;
}

/** `tell` is called with all of it whenever something has changed. */
export function createCoreFollowed(
  clock: Clock,
  files: () => FollowedStates['files'],
  tell: (states: FollowedStates) => void,
): CoreFollowed {
  /** Since when a session is known, and whether it has been good. */
  const sessions = new Map<string, { readonly seenAt: Instant; wasGood: boolean }>();
  let bfd: FollowedStates['bfd'] = {};
  let told = '';

  const healthOf = ({ name, health }: BfdStatus): TrackerHealth => {
    const session = sessions.get(name) ?? { seenAt: clock.now(), wasGood: false };
    sessions.set(name, session);
    session.wasGood ||= health === 'good';
    const isYoung = elapsed(session.seenAt, clock.now()) < GRACE;
    return health === 'bad' && isYoung && !session.wasGood ? 'unknown' : health;
  };

  const states = (): FollowedStates => ({ files: files(), bfd });

  const look = () => {
    const now = JSON.stringify(states());
    if (now === told) return;
    told = now;
    tell(states());
  };

  return {
    states,
    look,
    hear(heard) {
      bfd = Object.fromEntries(heard.map((session) => [session.name, healthOf(session)]));
      look();
    },
  };
}
