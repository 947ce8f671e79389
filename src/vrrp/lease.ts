import { centisToMicros } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import { PRIORITY_OWNER } from '../wire/vrrp.ts';

type Leased = Pick<InstanceConfig, 'lease' | 'version' | 'priority' | 'advertInterval' | 'downTimerAdverts'>;

/** The kernel counts lifetimes in seconds, and one of a second leaves no room for a loop that is late. */
const LEAST = 2;
/** µs: the kernel looks for lifetimes that have ended once a second; several ended up to 0.99 s late on Linux 6.18. */
const SLACK = 1_000_000;

/**
 * Lifetime in whole seconds that each advert gives to the addresses of a master; null for ever.
 *
 * - `serve`: longer than any peer waits (RFC 9568 §6.1: Master_Down_Interval with the longest skew time), so that the
 *   addresses of a killed master serve until another has them;
 * - `strict`: shorter than any peer waits, so that nobody has them beside another.
 *
 * The address owner's are its own and stay.
 */
export function leaseSeconds(config: Leased): number | null {
  if (config.lease === 'off' || config.priority === PRIORITY_OWNER) return null;
  const interval = centisToMicros(config.advertInterval);
  const adverts = config.downTimerAdverts * interval;
  if (config.lease === 'strict') return Math.max(1, Math.floor((adverts - SLACK) / 1_000_000));
  const longest = adverts + (config.version === 2 ? 1_000_000 : interval);
  return Math.max(LEAST, Math.ceil(longest / 1_000_000));
}
