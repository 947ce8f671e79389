import { ipBytes, ipFamily } from '../base/ip.ts';
import type { Dest, Service, ServiceKey } from '../model/services.ts';

/** Services in ipvsadm's order: by fwmark, family, protocol number, address, port. */
export const sortServices = <T extends Service>(
  services: readonly T[],
  compare: Compare = compareAsIpvsadm,
): readonly T[] => mergeSort(services, (service) => serviceRank(service.key), compare);

/** Destinations in ipvsadm's order: by address, port. */
export const sortDests = <T extends Dest>(
  dests: readonly T[],
  compare: Compare = compareAsIpvsadm,
): readonly T[] => mergeSort(dests, ({ key }) => [...words(key.address), key.port], compare);

type Compare = (a: readonly number[], b: readonly number[]) => number;

/** By the numbers: the same table in whatever order gives the same. */
export const compareNumbers: Compare = (a, b) => firstOf(a, b, (difference) => difference);

const PROTOCOL_NUMBERS = { tcp: 6, udp: 17, sctp: 132 } as const;

function serviceRank(key: ServiceKey): readonly number[] {
  if (key.kind === 'fwmark') return [key.fwmark, key.family === 'inet6' ? 1 : 0, 0];
  const family = ipFamily(key.address) === 'inet6' ? 1 : 0;
  return [0, family, PROTOCOL_NUMBERS[key.protocol], ...words(key.address), key.port];
}

/** The address as four words of 32 bits; IPv4 uses the first. */
function words(address: Dest['key']['address']): readonly number[] {
  const bytes = ipBytes(address);
  const view = new DataView(bytes.buffer);
  return [0, 4, 8, 12].map((at) => (at < bytes.length ? view.getUint32(at) : 0));
}

/**
 * Compares as ipvsadm 1.31 does (libipvs.c): the difference of two unsigned words in an int. It wraps for words
 * 2^31 or more apart, so 192.0.2.1 comes before 10.0.0.1.
 */
const compareAsIpvsadm: Compare = (a, b) => firstOf(a, b, (difference) => difference | 0);

/** The first difference that is none for `of`. */
function firstOf(a: readonly number[], b: readonly number[], of: (difference: number) => number): number {
  for (let i = 0; i < a.length; i++) {
    const difference = of((a[i] ?? 0) - (b[i] ?? 0));
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The wrapping comparison orders no set of three or more for certain, so the outcome depends on the algorithm:
 * this is that of glibc's qsort (stdlib/msort.c), which halves, sorts each half and merges.
 */
function mergeSort<T>(
  items: readonly T[],
  rankOf: (item: T) => readonly number[],
  compare: Compare,
): readonly T[] {
  const ranked = items.map((item) => ({ item, rank: rankOf(item) }));
  return sorted(ranked, compare).map(({ item }) => item);
}

function sorted<T extends { readonly rank: readonly number[] }>(
  items: readonly T[],
  compare: Compare,
): readonly T[] {
  if (items.length < 2) return items;
  const middle = items.length >> 1;
  const left = sorted(items.slice(0, middle), compare);
  const right = sorted(items.slice(middle), compare);
  const merged: T[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const [a, b] = [left[i], right[j]];
    if (a === undefined) return [...merged, ...right.slice(j)];
    if (b === undefined) return [...merged, ...left.slice(i)];
    if (compare(a.rank, b.rank) <= 0) {
      merged.push(a);
      i++;
    } else {
      merged.push(b);
      j++;
    }
  }
}
