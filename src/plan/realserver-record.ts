import type { Family } from '../base/ip.ts';
import type { RealServerChange } from './realserver-change.ts';
import type { HeldAddress } from './realserver-needs.ts';

/** What was changed on a real server since it booted, with what it takes to undo that. */
export interface RealServerRecord {
  readonly held: readonly HeldAddress[];
  /** In the order in which it was done. */
  readonly changed: readonly Undo[];
}

export type Undo =
  | { readonly kind: 'sysctl'; readonly name: string; readonly before: string; readonly value: string }
  | { readonly kind: 'link'; readonly dev: string }
  | { readonly kind: 'gue'; readonly port: number; readonly family: Family };

export const EMPTY_RECORD: RealServerRecord = { held: [], changed: [] };

/**
 * The record once a change was made. `before` is what a sysctl was set to; `wanted` are the addresses that are set up,
 * empty where some are taken away.
 */
export function recordChange(
  record: RealServerRecord,
  change: RealServerChange,
  before: string | null,
  wanted: readonly HeldAddress[],
): RealServerRecord {
  const { held, changed } = record;
  switch (change.kind) {
    case 'module':
      return record;
    case 'address': {
      const others = held.filter((one) => one.address !== change.address || one.dev !== change.dev);
      const added = change.present ? wanted.filter((one) => one.address === change.address) : [];
      return { changed, held: [...others, ...added] };
    }
    case 'sysctl': {
      const { name, value } = change;
      const known = changed.find((one) => one.kind === 'sysctl' && one.name === name);
      if (known?.kind === 'sysctl' && known.before === value) return without(record, known);
      const first = known?.kind === 'sysctl' ? known.before : before;
      const rest = without(record, known);
      return first === null
        ? rest
        : { held, changed: [...rest.changed, { kind: 'sysctl', name, before: first, value }] };
    }
    case 'link': {
      const rest = without(
        record,
        changed.find((one) => one.kind === 'link' && one.dev === change.dev),
      );
      return change.up ? { held, changed: [...rest.changed, { kind: 'link', dev: change.dev }] } : rest;
    }
    case 'gue': {
      const { port, family, present } = change;
      const rest = without(
        record,
        changed.find((one) => one.kind === 'gue' && one.port === port && one.family === family),
      );
      return present ? { held, changed: [...rest.changed, { kind: 'gue', port, family }] } : rest;
    }
  }
}

const without = ({ held, changed }: RealServerRecord, gone: Undo | undefined): RealServerRecord => ({
  held,
  changed: changed.filter((one) => one !== gone),
});
