import type { SyncGroupConfig } from '../../model/config.ts';
import { mistake, warning } from '../diagnostic.ts';
import type { Suggest } from '../nearest.ts';
import type { WrittenSyncGroup } from '../schema/sync-groups.ts';
import { composeNotify } from './notify.ts';
import { sayReservedName } from './reserved-name.ts';
import { type Say, under } from './say.ts';
import { composeTracks, type Weights } from './tracks.ts';

/** The groups of a configuration with these instances. */
export function composeSyncGroups(
  written: Readonly<Record<string, WrittenSyncGroup>>,
  instances: ReadonlySet<string>,
  weights: Weights,
  suggest: Suggest,
  say: Say,
): readonly SyncGroupConfig[] {
  const homes = new Map<string, string>();
  return Object.entries(written).map(([name, group]) => {
    const own = under(say, 'sync_groups', name);
    sayReservedName(name, own);
    const members = composeMembers(name, group.group, instances, homes, suggest, under(own, 'group'));
    if (new Set(group.group).size === 1) {
      own(['group'], warning('lone_member', `${name} has one instance, which the group changes nothing for`));
    }
    return {
      name,
      members,
      // They change all members alike, so weights are no obstacle.
      tracks: composeTracks(group.track, weights, null, suggest, under(own, 'track')),
      notify: composeNotify(group.notify),
    };
  });
}

/** `homes` is the group of each instance that has one already. */
function composeMembers(
  group: string,
  written: readonly string[],
  instances: ReadonlySet<string>,
  homes: Map<string, string>,
  suggest: Suggest,
  say: Say,
): readonly string[] {
  return written.filter((name, i) => {
    const home = homes.get(name);
    if (home === group) say([i], warning('overridden', `${name} is in this group already`));
    else if (home !== undefined) {
      say([i], mistake('duplicate_member', `${name} is in the group ${home} already`));
    } else if (!instances.has(name)) {
      const suggestion = suggest(name, instances);
      say([i], mistake('unknown_name', `there is no instance "${name.slice(0, 60)}"`, { suggestion }));
    } else homes.set(name, group);
    return home === undefined && instances.has(name);
  });
}
