import { warning } from '../diagnostic.ts';
import type { WrittenSyncGroup } from '../schema/sync-groups.ts';
import { Broken } from './compose-draft.ts';
import { Mark } from './compose-marks.ts';
import { finishNotify, GROUP_NOTIFY_READERS, type NotifyDefaults, type Notifying } from './compose-notify.ts';
import { leaveAll, markOf, type Readers, readBlock, type Scope } from './compose-scope.ts';
import { type Called, finishTracks, TRACK_READERS, type Tracking } from './compose-track.ts';
import { sayAt, saySurplus } from './compose-values.ts';
import { rowOf } from './keywords/index.ts';
import type { Statement, Word } from './statement.ts';

interface Member {
  readonly word: Word;
  readonly statement: Statement;
}

/** A `vrrp_sync_group` as it is being read. */
export interface GroupDraft extends Tracking, Notifying {
  readonly name: string;
  readonly statement: Statement;
  readonly scope: Scope;
  readonly members: Member[];
  hasWeights: boolean;
}

const GROUP_READERS: Readers<GroupDraft> = {
  group: (statement, draft, scope) => {
    saySurplus(statement, scope, 1);
    draft.mark.inside.set('group', markOf(scope, statement));
    for (const line of statement.block ?? [])
      for (const word of line.words) draft.members.push({ word, statement });
  },
  ...TRACK_READERS,
  ...GROUP_NOTIFY_READERS,
  sync_group_tracking_weight: (statement, draft, scope) => {
    saySurplus(statement, scope, 1);
    draft.hasWeights = true;
  },
};

/** `known` are the instances of the file, which stand among the keywords in the old form of a group. */
export function readSyncGroup(
  statement: Statement,
  name: string,
  known: ReadonlySet<string>,
  scope: Scope,
  file: Scope,
): GroupDraft {
  const draft: GroupDraft = {
    name,
    statement,
    scope,
    mark: new Mark(markOf(file, statement).at, scope),
    broken: new Broken(),
    track: [],
    notify: {},
    members: [],
    hasWeights: false,
  };
  const isMember = ({ words: [word], block }: Statement): boolean =>
    block === null && rowOf(scope.block, word.text) === null && known.has(word.text);
  const block = statement.block ?? [];
  for (const line of block.filter(isMember)) {
    for (const word of line.words) draft.members.push({ word, statement: line });
  }
  const others = block.filter((line) => !isMember(line));
  readBlock(others, scope, GROUP_READERS, draft);
  return draft;
}

/**
 * What YAML would say for the group, or null for one without instances. `instances` are the names here of the file's
 * instances, null for those that were left out.
 */
export function finishGroup(
  draft: GroupDraft,
  instances: ReadonlyMap<string, string | null>,
  called: Called,
  defaults: NotifyDefaults,
): WrittenSyncGroup | null {
  const { scope, mark, name, members } = draft;
  const list = (mark.inside.get('group') ?? mark).with();
  mark.inside.set('group', list);
  const group: string[] = [];
  for (const { word, statement } of members) {
    const member = instances.get(word.text);
    if (member === null) {
      const text = `${word.text} is left out here too, as the instance is`;
      sayAt(scope, statement, word, warning('entry_skipped', text));
      continue;
    }
    list.inside.set(group.length, new Mark(word, list));
    group.push(member ?? word.text);
  }
  if (group.length === 0) {
    const reason = 'it has no instances';
    scope.notes.say(mark.at, warning('entry_skipped', `the group ${name} is left out: ${reason}`), mark.path);
    leaveAll({ ...draft.statement, block: null }, scope, 'here', reason);
    return null;
  }
  return {
    group,
    track: finishTracks(draft.track, called),
    sync_group_tracking_weight: draft.hasWeights,
    notify: finishNotify(draft.notify, defaults),
  };
}
