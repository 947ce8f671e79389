import type { InstanceConfig, SyncGroupConfig } from '../../model/config.ts';
import { named, unless } from './common.ts';
import { writeTracking } from './tracking.ts';

/** The key `sync_groups`. */
export const writeGroups = (groups: readonly SyncGroupConfig[], instances: readonly InstanceConfig[]) => ({
  sync_groups: named(groups, (group) => ({
    group: [...group.members],
    ...writeTracking(group),
    sync_group_tracking_weight: unless(false, hasWeights(group, instances)),
  })),
});

/** Whether what a member follows by itself may change its priority, beyond the processes that always may. */
export const hasWeights = ({ members }: SyncGroupConfig, instances: readonly InstanceConfig[]): boolean =>
  instances.some(
    ({ name, tracks }) =>
      members.includes(name) && tracks.some(({ kind, weight }) => kind !== 'process' && weight !== 0),
  );
