import { getSystemErrorName } from 'node:util';
import { err, ok, type Result } from '../base/result.ts';
import { native } from './native.ts';

/** The least: before everything ordinary, behind whatever an administrator has made more urgent. */
const PRIORITY = 1;

/**
 * Has the calling thread run before all ordinary ones (SCHED_RR, sched(7)); what it starts is ordinary. The error is the
 * name of the system's errno: `EPERM` without CAP_SYS_NICE, or in a control group that has no real-time budget.
 */
export function becomeRealtime(): Result<void, string> {
  const failed = native.scheduleRealtime(PRIORITY);
  return failed === 0 ? ok(undefined) : err(getSystemErrorName(failed));
}
