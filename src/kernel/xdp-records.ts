import type { Records } from '../wire/xdp/records.ts';

/** The words of the record in a slot of an array. */
export const recordWords = (array: ArrayBuffer, size: number, slot: number): Uint32Array =>
  new Uint32Array(array, slot * size, size / 4);

/** A copy of the record in a slot of an array. */
export const recordBytes = (array: ArrayBuffer, size: number, slot: number): Uint8Array =>
  new Uint8Array(array.slice(slot * size, (slot + 1) * size));

/** How readers are kept from half of a record. */
export interface RecordGuard {
  /** What the gate holds while words that `guarded` names are stored. */
  readonly closed: (word: number) => number;
  readonly guarded: (index: number) => boolean;
}

/** Stores what differs of a record that packets may be reading, the word at `gate` last. */
export function storeRecord(
  { words, size }: Records,
  slot: number,
  next: Uint32Array,
  gate: number,
  { closed, guarded }: RecordGuard,
): void {
  const from = (slot * size) / 4;
  for (let i = 0; i < next.length; i++) {
    if (i === gate || words[from + i] === next[i] || !guarded(i)) continue;
    Atomics.store(words, from + gate, closed(words[from + gate] ?? 0));
    break;
  }
  for (let i = 0; i < next.length; i++)
    if (i !== gate && words[from + i] !== next[i]) Atomics.store(words, from + i, next[i] ?? 0);
  Atomics.store(words, from + gate, next[gate] ?? 0);
}
