import { align4 } from './netlink.ts';

const NLA_HEADER = 4;
/** Without the bits for nesting and byte order. */
const TYPE = 0x3fff;

/**
 * Where each attribute of a message lies, for messages of which there are very many: none is made an object. Of one type the last
 * counts, as in the kernel's own parser.
 */
export class AttrTable {
  /** Of each type, where its payload begins, 0 where it is not there, and how long that is. */
  readonly #places: Int32Array;
  #bytes: Uint8Array = new Uint8Array(0);

  /** `most`: the highest type that matters. */
  constructor(most: number) {
    this.#places = new Int32Array(2 * (most + 1));
  }

  /** Reads the attributes between two places of these bytes; false where a length lies. Up to 3 bytes may follow the last. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    const places = this.#places.fill(0);
    this.#bytes = bytes;
    for (let at = start; end - at >= NLA_HEADER; ) {
      const length = u16(bytes, at);
      if (length < NLA_HEADER || length > end - at) return false;
      const slot = 2 * (u16(bytes, at + 2) & TYPE);
      if (slot < places.length) {
        places[slot] = at + NLA_HEADER;
        places[slot + 1] = length - NLA_HEADER;
      }
      at += align4(length);
    }
    return true;
  }

  has(type: number): boolean {
    return this.start(type) > 0;
  }

  start(type: number): number {
    return this.#places[2 * type] ?? 0;
  }

  end(type: number): number {
    return this.start(type) + (this.#places[2 * type + 1] ?? 0);
  }

  /** The payload, which stays shared. Empty where it is not there. */
  payload(type: number): Uint8Array {
    return this.#bytes.subarray(this.start(type), this.end(type));
  }

  /** An unsigned number of 1, 2 or 4 bytes in host order; null at any other length, and where it is not there. */
  number(type: number): number | null {
    const at = this.start(type);
    switch (this.#places[2 * type + 1]) {
      case 1:
        return this.#bytes[at] ?? 0;
      case 2:
        return u16(this.#bytes, at);
      case 4:
        return (u16(this.#bytes, at) | (u16(this.#bytes, at + 2) << 16)) >>> 0;
      default:
        return null;
    }
  }

  /** A number of two bytes in network order; null as `number`. */
  port(type: number): number | null {
    const at = this.start(type);
    if (this.end(type) - at !== 2) return null;
    return ((this.#bytes[at] ?? 0) << 8) | (this.#bytes[at + 1] ?? 0);
  }
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
