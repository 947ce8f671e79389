import { z } from 'zod';
import { seconds } from '../../base/units.ts';
import { BFD_KEYS } from './bfd.ts';
import { DATAPLANE_KEYS } from './dataplane.ts';
import { IPVS_KEYS } from './ipvs.ts';
import { PACE_KEYS } from './pace.ts';
import { duration, MILLISECOND, namespaceName, objectName, SECOND } from './scalars.ts';
import { SCRIPT_KEYS } from './scripts.ts';
import { serviceSchema } from './services.ts';
import { SINK_KEYS } from './sinks.ts';
import { STATIC_KEYS } from './statics.ts';
import { SYNC_GROUP_KEYS } from './sync-groups.ts';
import { HEARTBEAT_KEYS } from './takeover.ts';
import { TRACKER_KEYS } from './trackers.ts';
import { instanceSchema } from './vrrp.ts';

/** A whole configuration file: its keys, their defaults and what they mean. */
export const fileSchema = z.strictObject({
  router_id: z
    .string()
    .regex(/^\S.{0,254}$/u, 'a router_id is one line of text')
    .optional()
    .describe('Name of this node in what it reports; the host name unless given'),
  net_namespace: namespaceName
    .optional()
    .describe('Network namespace to work in, by its name in `ip netns`; a change counts at the next start'),
  ...PACE_KEYS,
  ...HEARTBEAT_KEYS,
  vrrp: z.record(objectName, instanceSchema).prefault({}).describe('VRRP instances by name'),
  ...SYNC_GROUP_KEYS,
  ...TRACKER_KEYS,
  ...BFD_KEYS,
  ...STATIC_KEYS,
  ...SCRIPT_KEYS,
  ...SINK_KEYS,
  drift: z
    .enum(['repair', 'report', 'adopt'])
    .prefault('repair')
    .describe(
      'What becomes of changes to our services that somebody else makes in the kernel: repair undoes them, report shows them and leaves them alone until the next reload, adopt keeps them until a reload changes that very object',
    ),
  drift_interval: duration({ least: SECOND, most: seconds(3600), step: MILLISECOND })
    .prefault('10s')
    .describe('How often our services are compared with the kernel'),
  ...DATAPLANE_KEYS,
  ...IPVS_KEYS,
  services: z.record(objectName, serviceSchema).prefault({}).describe('Virtual services by name'),
});

/** A file after its schema: every value by itself is sound and defaults are filled in. */
export type WrittenFile = z.output<typeof fileSchema>;
