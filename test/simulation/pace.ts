import { centis, centisToMicros, type Instant, later, micros } from '../../src/base/units.ts';
import type { Running } from './running.ts';

/** Of adverts that come at least this often the daemon looks every interval whether it stands still. */
const FAST = centis(10);

/** When a node looks whether it stands still, `planned` unless that has passed; null where its deadlines tell soon enough. */
export function nextLook(all: readonly Running[], planned: Instant | null, now: Instant): Instant | null {
  const fast = all.filter(({ state, config }) => state.at === 'backup' && config.advertInterval <= FAST);
  if (fast.length === 0) return null;
  const pace = Math.min(...fast.map(({ config }) => centisToMicros(config.advertInterval)));
  return planned ?? later(now, micros(pace));
}
