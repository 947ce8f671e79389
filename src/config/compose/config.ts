import { micros, microsToMillis } from '../../base/units.ts';
import { type Config, NO_STATICS } from '../../model/config.ts';
import { NO_SINKS } from '../../model/notify.ts';
import { type Path, printPath } from '../path.ts';
import type { WrittenFile } from '../schema/file.ts';
import { sayConflicts } from './conflicts.ts';
import { composeInstance } from './instance.ts';
import { sayMismatches } from './mismatches.ts';
import { type Say, under } from './say.ts';
import { composeService } from './service.ts';

/**
 * What a written configuration means. Worth something only if no error was said. `show` is what messages call the part
 * of it at a path.
 */
export function composeConfig(
  written: WrittenFile,
  hostname: string,
  say: Say,
  show: (path: Path) => string = printPath,
): Config {
  const instances = Object.entries(written.vrrp).map(([name, instance]) =>
    composeInstance(name, instance, under(say, 'vrrp', name)),
  );
  const services = Object.entries(written.services).flatMap(
    ([name, service]) => composeService(name, service, under(say, 'services', name)) ?? [],
  );
  sayConflicts(instances, services, say, show);
  sayMismatches(instances, services, say);
  const drift = { policy: written.drift, interval: microsToMillis(written.drift_interval) };
  return {
    routerId: written.router_id ?? hostname,
    vrrp: { startupDelay: micros(0), delayAfterBoot: micros(0), announcePace: [], linkDelays: [] },
    instances,
    syncGroups: [],
    trackers: { scripts: [], files: [], processes: [], bfd: [] },
    statics: NO_STATICS,
    scripts: { user: null, group: null, security: true },
    notify: NO_SINKS,
    services,
    drift,
  };
}
