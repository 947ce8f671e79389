import type { InstanceConfig, SyncGroupConfig } from '../../model/config.ts';
import { hasWeights } from './groups-text.ts';
import type { Leave } from './keepalived-lines.ts';
import { trackingStatements } from './keepalived-tracking.ts';
import { quote, type Statement } from './keepalived-words.ts';

/** A `vrrp_sync_group`; `instances` are those of the configuration. */
export function groupStatement(
  group: SyncGroupConfig,
  instances: readonly InstanceConfig[],
  leave: Leave,
): Statement {
  const { name, members } = group;
  return {
    text: `vrrp_sync_group ${quote(name) ?? name}`,
    block: [
      { text: 'group', block: members.map((member) => ({ text: quote(member) ?? member })) },
      ...trackingStatements(group, ['sync_groups', name], leave),
      ...(hasWeights(group, instances) ? [{ text: 'sync_group_tracking_weight' }] : []),
    ],
  };
}
