import { createHash } from 'node:crypto';
import type { DataplaneConfig } from '../model/dataplane.ts';

/** Of directors that were given no key: who knows it can choose whose bucket of the flow table a packet is in. */
const OF_ALL = 'lbd';

/** The keys of the program's hashes (wire/xdp/config.ts) from the secret that directors share. */
export function xdpKeys(key: DataplaneConfig['key']): readonly bigint[] {
  if (key?.kind === 'file') throw new Error('a key comes as bytes, never as the name of a file');
  const digest = createHash('sha512')
    .update('lbd xdp 1\0')
    .update(key?.bytes ?? OF_ALL)
    .digest();
  return Array.from({ length: 5 }, (_, i) => digest.readBigUInt64LE(8 * i) | (i === 4 ? 1n : 0n));
}
