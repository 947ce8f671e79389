import type { Happening, World } from './world.ts';

/** What a disturbance of a domain that has settled may do to those who answer for its addresses. */
export type Disturbance =
  /** Nothing: every change of a role is one of make before break. */
  | 'planned'
  /** One process is gone or stands still; its kernel goes on. */
  | 'death'
  | 'harsh';

export function disturbanceOf(happening: Happening, { routers }: World): Disturbance {
  if ('crash' in happening || 'freeze' in happening) return 'death';
  if ('attack' in happening) {
    const { attack, count } = happening;
    if (attack === 'replay') return 'harsh';
    return attack === 'highest' && count > 1 ? 'harsh' : 'planned';
  }
  if ('wall' in happening) return routers.some(({ isSigned }) => isSigned) ? 'harsh' : 'planned';
  const isGentle = ['stop', 'start', 'script', 'reread', 'handover', 'failback'].some(
    (one) => one in happening,
  );
  return isGentle ? 'planned' : 'harsh';
}

/** The node that it happens to. */
export function targetOf(happening: Happening): number {
  for (const key of [
    'crash',
    'start',
    'firewall',
    'gateway',
    'stop',
    'freeze',
    'script',
    'cable',
    'reload',
    'reread',
    'wall',
    'handover',
    'failback',
  ] as const) {
    if (key in happening) return Number((happening as unknown as Record<string, unknown>)[key]);
  }
  throw new Error(`no node in ${JSON.stringify(happening)}`);
}
