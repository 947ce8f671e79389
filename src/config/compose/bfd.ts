import { ipFamily } from '../../base/ip.ts';
import type { BfdConfig } from '../../model/tracking.ts';
import { mistake } from '../diagnostic.ts';
import type { WrittenBfd } from '../schema/bfd.ts';
import type { Say } from './say.ts';

export function composeBfd(name: string, written: WrittenBfd, say: Say): BfdConfig {
  const { neighbor_ip: neighbor, source_ip: source } = written;
  if (source !== undefined && ipFamily(source) !== ipFamily(neighbor)) {
    say(['source_ip'], mistake('mixed_families', `${neighbor} cannot be reached from ${source}`));
  }
  return {
    name,
    neighbor,
    source: source ?? null,
    minRx: written.min_rx,
    minTx: written.min_tx,
    idleTx: written.idle_tx,
    multiplier: written.multiplier,
    passive: written.passive,
    ttl: written.ttl,
    maxHops: written.max_hops,
    multihop: written.multihop,
  };
}
