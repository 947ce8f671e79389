import { dataView } from '../../base/bytes.ts';
import { type Ip, ipFamily } from '../../base/ip.ts';
import type { DestKey, Protocol } from '../../model/services.ts';
import { encodeAddress } from './address.ts';
import { PROTOCOLS } from './key.ts';
import { CONFIG } from './layout.ts';
import { prefixMask } from './service.ts';

/** What the program hashes of a packet. */
export interface XdpTuple {
  readonly protocol: Protocol;
  readonly source: DestKey;
  readonly destination: DestKey;
}

// native/bpf/hash.h, HASH_…: what a hash is of.
const PERSIST = 2n << 40n;
const SOURCE = 3n << 40n;

/** The keys of hashes in `config`. */
export function decodeHashKeys(config: Uint8Array): readonly bigint[] {
  const view = dataView(config);
  return Array.from({ length: 5 }, (_, i) => view.getBigUint64(CONFIG.at.keys + 8 * i, true));
}

/** The hash of a flow: its tag, and by its low bits its bucket. 64 bits, as all of these. */
export function hashFlow(keys: readonly bigint[], { protocol, source, destination }: XdpTuple): bigint {
  const ports = (BigInt(swapped(destination.port)) << 16n) | BigInt(swapped(source.port));
  const rest = (BigInt(PROTOCOLS[protocol]) << 32n) | ports;
  return hash(keys, encodeAddress(source.address), encodeAddress(destination.address), rest, source.address);
}

/** The hash of a client as far as `prefix` bits of its address go: what mh and sh choose by, and persistence too. */
export const hashClient = (keys: readonly bigint[], client: Ip, prefix: number): bigint =>
  hash(keys, masked(client, prefix), new Uint8Array(16), SOURCE, client);

/** The hash of the template that says where such a client persists, in the service of this port (0: of all) at the destination. */
export function hashTemplate(
  keys: readonly bigint[],
  { protocol, source, destination }: XdpTuple,
  prefix: number,
  port: number,
): bigint {
  const rest = PERSIST | (BigInt(PROTOCOLS[protocol]) << 32n) | BigInt(swapped(port));
  return hash(keys, masked(source.address, prefix), encodeAddress(destination.address), rest, source.address);
}

/** The slot of a ring that a hash falls on. */
export const ringSlot = (hash: bigint, size: number): number => Number(((hash >> 32n) * BigInt(size)) >> 32n);

function masked(client: Ip, prefix: number): Uint8Array {
  const mask = prefixMask(prefix);
  return encodeAddress(client).map((byte, i) => byte & (mask[i] ?? 0));
}

function hash(
  keys: readonly bigint[],
  source: Uint8Array,
  destination: Uint8Array,
  rest: bigint,
  address: Ip,
): bigint {
  const [a, b] = [words(source), words(destination)];
  const pair = (x: number | undefined, y: number | undefined, key: bigint | undefined = 0n): bigint =>
    BigInt.asUintN(32, BigInt(x ?? 0) + key) * BigInt.asUintN(32, BigInt(y ?? 0) + (key >> 32n));
  const pairs =
    ipFamily(address) === 'inet'
      ? pair(a[0], b[0], keys[0])
      : pair(a[0], a[1], keys[0]) +
        pair(a[2], a[3], keys[1]) +
        pair(b[0], b[1], keys[2]) +
        pair(b[2], b[3], keys[3]);
  let h = BigInt.asUintN(64, rest * (keys[4] ?? 0n) + pairs);
  h = BigInt.asUintN(64, (h ^ (h >> 32n)) * 0x9e3779b97f4a7c15n);
  return h ^ (h >> 32n);
}

/** Four words as the program reads them: in the order of its bytes, the lowest first. */
function words(bytes: Uint8Array): readonly number[] {
  const view = dataView(bytes);
  return [0, 4, 8, 12].map((at) => view.getUint32(at, true));
}

/** A port as the program has it: as it is on the wire. */
const swapped = (port: number): number => ((port & 0xff) << 8) | (port >> 8);
