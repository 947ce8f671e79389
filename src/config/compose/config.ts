import { microsToMillis } from '../../base/units.ts';
import type { Config } from '../../model/config.ts';
import { suggester } from '../nearest.ts';
import { type Path, printPath } from '../path.ts';
import { numberRules } from '../routes/number-rules.ts';
import type { WrittenFile } from '../schema/file.ts';
import { sayConflicts } from './conflicts.ts';
import { composeDataplane } from './dataplane.ts';
import { composeInstance } from './instance.ts';
import { composeIpvs } from './ipvs.ts';
import { sayMismatches } from './mismatches.ts';
import { composeNotify } from './notify.ts';
import { composeVrrp } from './pace.ts';
import { type Say, under } from './say.ts';
import { composeScripts } from './scripts.ts';
import { composeService } from './service.ts';
import { sayServiceNames } from './service-names.ts';
import { checkerMail, composeSinks, sayNoMail } from './sinks.ts';
import { composeStatics } from './statics.ts';
import { composeSyncGroups } from './sync-groups.ts';
import { composeHeartbeat } from './takeover.ts';
import { composeTrackers, sayUnused, weightsOf } from './trackers.ts';
import { composeTracks, type Obstacle } from './tracks.ts';

/** The priority of an address owner (RFC 9568 §6.1). */
const OWNER = 255;

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
  const weights = weightsOf(written);
  const suggest = suggester();
  const tied = new Set(
    Object.values(written.sync_groups).flatMap(({ group, sync_group_tracking_weight: free }) =>
      free ? [] : group,
    ),
  );
  const obstacleOf = (name: string, priority: number): Obstacle =>
    tied.has(name) ? 'group' : priority === OWNER ? 'owner' : null;
  const numbered = numberRules();
  const shared = { number: numbered, vmacNames: new Set<string>() };
  const statics = composeStatics(written, numbered, say);
  const instances = Object.entries(written.vrrp).map(([name, instance]) => {
    const own = under(say, 'vrrp', name);
    const composed = composeInstance(name, instance, shared, own);
    const obstacle = obstacleOf(name, composed.priority);
    return {
      ...composed,
      tracks: composeTracks(instance.track, weights, obstacle, suggest, under(own, 'track')),
      notify: composeNotify(instance.notify),
    };
  });
  const trackers = composeTrackers(written, say);
  const names = new Set(instances.map(({ name }) => name));
  const syncGroups = composeSyncGroups(written.sync_groups, names, weights, suggest, say);
  const notify = composeSinks(written, hostname, say);
  const mails = checkerMail(written.mail?.smtp_alert_checker);
  const services = Object.entries(written.services).flatMap(([name, service]) =>
    composeService(
      name,
      service,
      { files: weights.file, bfd: weights.bfd, suggest },
      mails,
      under(say, 'services', name),
    ),
  );
  const followers = [...Object.values(written.vrrp), ...Object.values(written.sync_groups)];
  sayUnused(
    trackers,
    followers.flatMap(({ track }) => track),
    say,
  );
  sayNoMail(notify, instances, syncGroups, written.services, say);
  sayConflicts(instances, services, say, show);
  sayMismatches(instances, services, say);
  sayServiceNames(services, say);
  const drift = { policy: written.drift, interval: microsToMillis(written.drift_interval) };
  return {
    routerId: written.router_id ?? hostname,
    netNamespace: written.net_namespace ?? null,
    vrrp: composeVrrp(written, instances, say),
    heartbeat: composeHeartbeat(written, say),
    instances,
    syncGroups,
    trackers,
    statics,
    scripts: composeScripts(written),
    notify,
    services,
    drift,
    ipvs: composeIpvs(written.ipvs, instances, services, suggest, under(say, 'ipvs')),
    dataplane: composeDataplane(written, instances, services, say),
  };
}
