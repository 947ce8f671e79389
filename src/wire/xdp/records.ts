/** An array of records of one size that are memory: the same bytes as words of 32 bits, as bytes, and as fields. */
export interface Records {
  /** Bytes of one record, a multiple of 4. */
  readonly size: number;
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** All of a buffer as records of `size` bytes. */
export const recordsOf = (buffer: ArrayBufferLike, size: number): Records => ({
  size,
  words: new Uint32Array(buffer),
  bytes: new Uint8Array(buffer),
  view: new DataView(buffer),
});

/** Room for one record, empty. */
export const newRecord = (size: number): Records => recordsOf(new ArrayBuffer(size), size);
