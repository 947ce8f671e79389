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
  record: Uint32Array,
  bytes: Uint8Array,
  gate: number,
  { closed, guarded }: RecordGuard,
): void {
  const next = new Uint32Array(bytes.buffer, bytes.byteOffset, record.length);
  const changed = [...record.keys()].filter((i) => i !== gate && record[i] !== next[i]);
  if (changed.some(guarded)) Atomics.store(record, gate, closed(record[gate] ?? 0));
  for (const i of changed) Atomics.store(record, i, next[i] ?? 0);
  Atomics.store(record, gate, next[gate] ?? 0);
}
