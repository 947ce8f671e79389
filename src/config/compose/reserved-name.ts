import { warning } from '../diagnostic.ts';
import type { Say } from './say.ts';

/** Warns of an instance or sync group, at whose place `say` is, that a command cannot tell from its own word. */
export function sayReservedName(name: string, say: Say): void {
  if (name !== 'all') return;
  const text = '"simulate --peer-loss all" means every instance: give this another name';
  say([], warning('value_unusual', text));
}
