import type { ServerCheck, ServerStatus } from '../model/status.ts';

/**
 * Whether a check by its last result says nothing of its server: this machine lacked something for it. What counts against
 * a server that is up is counted in `failures`; of one that is down it cannot be told.
 */
export const isUnmade = ({
  health,
  failures,
  last,
}: Pick<ServerCheck, 'health' | 'failures' | 'last'>): boolean =>
  health === 'up' && failures === 0 && last !== null && !last.ok;

/** Whether a server is up without its checks saying so: one of them cannot be made. */
export const isUnverified = ({ health, checks }: Pick<ServerStatus, 'health' | 'checks'>): boolean =>
  health === 'up' && checks.some(isUnmade);
