import { centis, micros } from '../../src/base/units.ts';
import { masterDownInterval, skewTime } from '../../src/vrrp/timers.ts';
import type { Speech } from '../bed/conf.ts';
import { type Death, PRIORITIES } from './deaths.ts';

/** How long the other director waits by the protocol. Milliseconds: at the longest and, where that is not fixed, at the shortest. */
interface Floor {
  readonly name: 'Master_Down' | 'Skew_Time' | 'three heartbeats';
  readonly waits: readonly number[];
}

/**
 * Master_Down from the last advert, which is up to an interval before the death; Skew_Time from an advert of priority 0
 * (RFC 9568 §6.4.2). Null where it need not wait.
 */
export function floorOf(death: Death, { version, interval, heartbeat }: Speech): Floor | null {
  if (heartbeat !== undefined && death.isSilent) {
    return { name: 'three heartbeats', waits: [3 * heartbeat, 2 * heartbeat] };
  }
  const config = {
    version,
    advertInterval: centis(interval * 100),
    downTimerAdverts: 3,
    priority: PRIORITIES[1],
  };
  const every = micros(interval * 1e6);
  const down = masterDownInterval(config, every);
  if (death.isSilent) return { name: 'Master_Down', waits: [down / 1000, (down - every) / 1000] };
  return death.name === 'planned handover'
    ? null
    : { name: 'Skew_Time', waits: [skewTime(config, every) / 1000] };
}
