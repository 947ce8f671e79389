import type { CheckConfig, FollowedStates } from '../model/check.ts';
import { judgeBfd } from './bfd.ts';
import { type Followed, judgeFile } from './file.ts';

/** Whether a check is not made but told: what it follows is known elsewhere. */
export const isFollowed = ({ type }: CheckConfig): boolean => type === 'file' || type === 'bfd';

/** What a check finds that follows something; null for the others, and where nothing is known yet. */
export function judgeFollowed(check: CheckConfig, { files, bfd }: FollowedStates): Followed | null {
  if (check.type === 'file') {
    const value = files[check.tracker];
    return value === undefined ? null : judgeFile(check, value);
  }
  return check.type === 'bfd' ? judgeBfd(check, bfd[check.session] ?? 'unknown') : null;
}
