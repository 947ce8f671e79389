import type { Ip } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { type Micros, micros, seconds } from '../../base/units.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { LONGEST_BFD_INTERVAL, type WrittenBfd } from '../schema/bfd.ts';
import { hostAddress } from '../schema/scalars.ts';
import { into } from './compose-draft.ts';
import { type Reader, type Readers, readBlock, type Scope } from './compose-scope.ts';
import { sayLack, type TrackerDraft, weightReader } from './compose-trackers.ts';
import { read, saySurplus, schemed, show, wholeNumber } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

interface BfdDraft extends TrackerDraft {
  neighbor?: Ip;
  source?: Ip;
  minRx?: Micros;
  minTx?: Micros;
  idleTx?: Micros;
  multiplier?: number;
  ttl?: number;
  maxHops?: number;
  passive: boolean;
  multihop: boolean;
}

const address = (key: 'neighbor' | 'source') =>
  into<BfdDraft, { readonly value: Ip }>(
    key === 'neighbor' ? 'neighbor_ip' : 'source_ip',
    (statement, scope) => read(statement, scope, schemed(hostAddress)),
    (draft, { value }) => {
      draft[key] = value;
    },
  );

/** Milliseconds, also with a fraction. */
const milliseconds =
  (least: Micros) =>
  (word: Word): Result<Micros, Problem> => {
    if (!/^\+?\d{1,10}(\.\d{0,10})?$/.test(word.text)) {
      return err(mistake('bad_value', `${show(word)} is no number of milliseconds`));
    }
    const value = micros(Number(word.text) * 1000);
    const range = `${least / 1000} to ${LONGEST_BFD_INTERVAL / 1000} ms`;
    return value >= least && value <= LONGEST_BFD_INTERVAL
      ? ok(value)
      : err(mistake('out_of_range', `${word.text} ms is out of range: ${range}`));
  };

const interval = (yaml: string, key: 'minRx' | 'minTx' | 'idleTx', least: Micros) =>
  into<BfdDraft, { readonly value: Micros }>(
    yaml,
    (statement, scope) => read(statement, scope, milliseconds(least)),
    (draft, { value }) => {
      draft[key] = value;
    },
  );

const number = (yaml: string, key: 'multiplier' | 'ttl' | 'maxHops', least: number) =>
  into<BfdDraft, { readonly value: number }>(
    yaml,
    (statement, scope) => read(statement, scope, wholeNumber(least, 255)),
    (draft, { value }) => {
      draft[key] = value;
    },
  );

const flag =
  (key: 'passive' | 'multihop'): Reader<BfdDraft> =>
  (statement, draft, scope) => {
    saySurplus(statement, scope, 1);
    draft[key] = true;
  };

const BFD_READERS: Readers<BfdDraft> = {
  neighbor_ip: address('neighbor'),
  neighbour_ip: address('neighbor'),
  source_ip: address('source'),
  min_rx: interval('min_rx', 'minRx', micros(1000)),
  min_tx: interval('min_tx', 'minTx', micros(1000)),
  idle_tx: interval('idle_tx', 'idleTx', seconds(1)),
  multiplier: number('multiplier', 'multiplier', 1),
  ttl: number('ttl', 'ttl', 1),
  hoplimit: number('ttl', 'ttl', 1),
  max_hops: number('max_hops', 'maxHops', 0),
  passive: flag('passive'),
  multihop: flag('multihop'),
  weight: weightReader('bfd'),
};

/** What YAML would say for a `bfd_instance`; null after an error. */
export function readBfd(statement: Statement, draft: TrackerDraft, scope: Scope): WrittenBfd | null {
  const bfd: BfdDraft = { ...draft, passive: false, multihop: false };
  readBlock(statement.block ?? [], scope, BFD_READERS, bfd);
  if (bfd.neighbor === undefined) {
    if (!bfd.broken.has('neighbor_ip')) sayLack(draft, scope, 'a bfd_instance needs a "neighbor_ip"');
    return null;
  }
  return {
    neighbor_ip: bfd.neighbor,
    source_ip: bfd.source,
    min_rx: bfd.minRx ?? micros(10_000),
    min_tx: bfd.minTx ?? micros(10_000),
    idle_tx: bfd.idleTx ?? seconds(1),
    multiplier: bfd.multiplier ?? 5,
    passive: bfd.passive,
    ttl: bfd.ttl ?? 255,
    max_hops: bfd.maxHops ?? 0,
    multihop: bfd.multihop,
    weight: bfd.weight.weight ?? 0,
    reverse: bfd.weight.reverse ?? false,
  };
}
