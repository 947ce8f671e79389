import type { ScriptCommand } from '../../model/script.ts';
import type { WrittenNotify } from '../schema/notify.ts';
import { readCommand } from './compose-command.ts';
import type { Draft } from './compose-draft.ts';
import { isOn } from './compose-global.ts';
import { markOf, type Reader, type Readers } from './compose-scope.ts';

/** What a block says of who is told. */
export type NotifyDraft = { -readonly [Key in keyof WrittenNotify]?: WrittenNotify[Key] };

/** A block that tells somebody of its changes: an instance or a sync group. */
export interface Notifying extends Draft {
  readonly notify: NotifyDraft;
}

/** What global_defs say of all of them. */
export interface NotifyDefaults {
  readonly mail: boolean;
  readonly priorityChanges: boolean;
}

const into =
  <Key extends keyof WrittenNotify>(
    key: Key,
    readValue: (...of: Parameters<Reader<Notifying>>) => WrittenNotify[Key] | null,
  ): Reader<Notifying> =>
  (statement, draft, scope) => {
    const { inside } = draft.mark;
    const mark = inside.get('notify') ?? markOf(scope, statement);
    inside.set('notify', mark);
    mark.inside.set(key, markOf(scope, statement));
    const value = readValue(statement, draft, scope);
    if (value !== null) draft.notify[key] = value;
  };

const command = (key: 'master' | 'backup' | 'fault' | 'stop' | 'all' | 'lower_priority') =>
  into(key, (statement, _draft, scope): ScriptCommand | null => readCommand(statement, scope));

/** `notify_master` and its like, for sync groups. */
export const GROUP_NOTIFY_READERS: Readers<Notifying> = {
  notify_master: command('master'),
  notify_backup: command('backup'),
  notify_fault: command('fault'),
  notify_stop: command('stop'),
  notify: command('all'),
  smtp_alert: into('mail', (statement, _draft, scope) => isOn(statement, scope)),
  notify_priority_changes: into('priority_changes', (statement, _draft, scope) => isOn(statement, scope)),
};

/** `notify_master` and its like, for instances. */
export const NOTIFY_READERS: Readers<Notifying> = {
  ...GROUP_NOTIFY_READERS,
  notify_deleted: into('deleted', (statement, _draft, scope) =>
    statement.words.length === 1 ? true : readCommand(statement, scope),
  ),
  notify_master_rx_lower_pri: command('lower_priority'),
};

/** What YAML would say. */
export const finishNotify = (
  { mail, priority_changes, deleted, ...commands }: NotifyDraft,
  defaults: NotifyDefaults,
): WrittenNotify => ({
  ...commands,
  deleted: deleted ?? false,
  mail: mail ?? defaults.mail,
  priority_changes: priority_changes ?? defaults.priorityChanges,
});
