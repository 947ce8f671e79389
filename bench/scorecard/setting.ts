import type { Speech } from '../bed/conf.ts';
import type { PairOptions } from '../bed/pair.ts';
import type { Kind } from '../bed/program.ts';

export const V2: Speech = { name: 'v2 1 s', version: 2, interval: 1 };
export const V3: Speech = { name: 'v3 1 s', version: 3, interval: 1 };
export const V3_TENTH: Speech = { name: 'v3 100 ms', version: 3, interval: 0.1 };

/** Both directors run one program, with the priorities of the scorecard. */
export const pairOf = (kind: Kind, speech: Speech, more: Partial<PairOptions> = {}): PairOptions => ({
  kinds: [kind, kind],
  speech,
  priorities: [150, 100],
  ...more,
});
