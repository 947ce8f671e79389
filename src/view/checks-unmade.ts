import type { ServerCheck, ServerStatus } from '../model/status.ts';

/** Whether a check by its last result says nothing of its server: this machine lacked something for it. */
export const isUnmade = ({ last }: Pick<ServerCheck, 'last'>): boolean => last?.verdict === 'unknown';

/** Whether nobody can say that a server is still what it is taken for: up, or down, by a check that cannot be made. */
export function isUnverified({ health, checks }: Pick<ServerStatus, 'health' | 'checks'>): boolean {
  if (health !== 'down') return checks.some(isUnmade);
  const saying = checks.filter((check) => check.health === 'down');
  return saying.length > 0 && saying.every(isUnmade);
}
