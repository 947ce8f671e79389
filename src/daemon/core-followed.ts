import type { Clock } from '../base/clock.ts';
import { elapsed, type Instant, seconds } from '../base/units.ts';
import type { FollowedStates } from '../model/check.ts';
import type { BfdStatus, InstanceStatus, VrrpStatus } from '../model/status.ts';
import type { TrackerHealth } from '../model/tracking.ts';

/** A session that begins is given as long as vrrp gives it. */
const GRACE = seconds(3);

/** What core knows of the files, BFD sessions and instances that the check process follows. */
export interface CoreFollowed {
  states(): FollowedStates;
  /** The sessions and instances as the vrrp process has them. */
  hear(status: HeardOfVrrp): void;
  /** The files may have other numbers. */
  look(): void;
}

export interface HeardOfVrrp extends Pick<VrrpStatus, 'bfd'> {
  readonly instances: readonly Pick<InstanceStatus, 'name' | 'state'>[];
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
  let masters: FollowedStates['masters'] = [];
  let told = '';

  const healthOf = ({ name, health }: BfdStatus): TrackerHealth => {
    const session = sessions.get(name) ?? { seenAt: clock.now(), wasGood: false };
    sessions.set(name, session);
    session.wasGood ||= health === 'good';
    const isYoung = elapsed(session.seenAt, clock.now()) < GRACE;
    return health === 'bad' && isYoung && !session.wasGood ? 'unknown' : health;
  };

  const states = (): FollowedStates => ({ files: files(), bfd, masters });

  const look = () => {
    const now = JSON.stringify(states());
    if (now === told) return;
    told = now;
    tell(states());
  };

  return {
    states,
    look,
    hear({ bfd: sessions, instances }) {
      bfd = Object.fromEntries(sessions.map((session) => [session.name, healthOf(session)]));
      masters = instances.flatMap(({ name, state }) => (state === 'MASTER' ? [name] : []));
      look();
    },
  };
}
