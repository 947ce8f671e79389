import type { z } from 'zod';
import { microsToMillis } from '../../base/units.ts';
import type { Config } from '../../model/config.ts';
import { fileSchema } from '../schema/file.ts';
import { writePace, writeScripts, writeSinks, writeStatics } from './around-text.ts';
import { writeCheckerMail } from './checker-mail.ts';
import { millisUnless, named, unless } from './common.ts';
import { writeDataplane } from './dataplane-text.ts';
import { writeGroups } from './groups-text.ts';
import { writeInstance } from './instance-text.ts';
import { writeIpvs } from './ipvs-text.ts';
import { writeServices } from './service-text.ts';
import { writeHeartbeat } from './takeover-text.ts';
import { writeTrackers } from './trackers-text.ts';

export type FileText = z.input<typeof fileSchema>;

/** A file that says nothing. */
export const FILE = fileSchema.parse({});

/**
 * A configuration as somebody would write it down: what the schema reads back as the same. Left out is what reading
 * would fill in, but for the priority of an instance and the scheduler and forwarding of a service, which one looks
 * for. `hostname` is the router_id that reading will fill in, or null where that is not known.
 */
export function writeFile(
  {
    routerId,
    netNamespace,
    vrrp,
    instances,
    syncGroups,
    trackers,
    statics,
    scripts,
    notify,
    services,
    drift,
    heartbeat,
    ipvs,
    dataplane,
  }: Config,
  hostname: string | null,
): FileText {
  const checkerMail = writeCheckerMail({ services, notify });
  return {
    router_id: unless(hostname, routerId) ?? undefined,
    net_namespace: netNamespace ?? undefined,
    ...writeScripts(scripts),
    drift: unless(FILE.drift, drift.policy),
    drift_interval: millisUnless(microsToMillis(FILE.drift_interval), drift.interval),
    ...writePace(vrrp),
    ...writeHeartbeat(heartbeat),
    vrrp: named(instances, writeInstance),
    ...writeGroups(syncGroups, instances),
    ...writeTrackers(trackers),
    ...writeStatics(statics),
    ...writeSinks(notify, checkerMail.said, hostname),
    ...writeDataplane(dataplane, instances),
    ...writeIpvs(ipvs, instances),
    services: writeServices(services, checkerMail.usual),
  };
}
