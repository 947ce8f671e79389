import type { NotifyConfig } from '../../model/notify.ts';
import type { WrittenNotify } from '../schema/notify.ts';

/** What only instances have. */
type OfInstances = 'deleted' | 'lower_priority';

/** Who is told of the changes of an instance or group. */
export const composeNotify = (
  written: Omit<WrittenNotify, OfInstances> & Partial<Pick<WrittenNotify, OfInstances>>,
): NotifyConfig => ({
  master: written.master ?? null,
  backup: written.backup ?? null,
  fault: written.fault ?? null,
  stop: written.stop ?? null,
  saysDeleted: written.deleted !== undefined && written.deleted !== false,
  deleted: typeof written.deleted === 'object' ? written.deleted : null,
  lowerPriority: written.lower_priority ?? null,
  all: written.all ?? null,
  mail: written.mail,
  priorityChanges: written.priority_changes,
});
