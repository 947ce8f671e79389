/** The parts one after the other. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A view of exactly these bytes, which stay shared. */
export function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** `n` as `length` bytes, least significant first; higher bits are cut off. */
export function littleEndian(n: number, length: 1 | 2 | 4): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = n >>> (8 * i);
  return bytes;
}

/** `n` as `length` bytes in network order; higher bits are cut off. */
export function bigEndian(n: number, length: 2 | 4): Uint8Array {
  return littleEndian(n, length).reverse();
}
