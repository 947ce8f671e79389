import { z } from 'zod';
import { GROUP_NOTIFY_KEYS } from './notify.ts';
import { objectName } from './scalars.ts';
import { TRACK_KEYS } from './track.ts';

const syncGroup = z.strictObject({
  group: z
    .array(objectName)
    .min(1, 'a group needs instances')
    .describe('Instances that become master and backup together; each is in one group at most'),
  ...TRACK_KEYS,
  sync_group_tracking_weight: z
    .boolean()
    .prefault(false)
    .describe('Trackers of single instances may change their priorities, not only be a fault'),
  ...GROUP_NOTIFY_KEYS,
});

export type WrittenSyncGroup = z.output<typeof syncGroup>;

export const SYNC_GROUP_KEYS = {
  sync_groups: z.record(objectName, syncGroup).prefault({}).describe('Groups of instances by name'),
};
