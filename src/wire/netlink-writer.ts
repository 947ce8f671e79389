import { NETLINK_HEADER, NLM_F } from './netlink.ts';

/** More than one word and a fixed part of any message take, so that room is looked for once for each message. */
const ROOM = 1024;
const WORD = 4;
const HEADER = NETLINK_HEADER / WORD;
const NLA_HEADER = 4;
const NLA_F_NESTED = 0x8000;

/** A number of two bytes, to be written in network order. */
export const networkOrder = (number: number): number => ((number & 0xff) << 8) | (number >> 8);

/**
 * Netlink requests one after the other, numbered from `seq` on. Every part of a message is padded to 4 bytes, so it is
 * written in words, of which no object is made: a table has 100,000 servers. Little-endian, as netlink.ts.
 */
export class NetlinkWriter {
  readonly #port: number;
  #seq: number;
  #words: Uint32Array;
  #at = 0;
  /** Where the last message begins, and the one before it. */
  #message = 0;
  #before = 0;

  /** `bytes`: how much is likely to be written. */
  constructor(port: number, seq: number, bytes: number) {
    this.#port = port;
    this.#seq = seq;
    this.#words = new Uint32Array(Math.ceil((bytes + ROOM) / WORD));
  }

  /** Bytes that were written. */
  get length(): number {
    return this.#at * WORD;
  }

  /** Begins a message, of 1 KB at most but for what `bytes` adds. */
  begin(type: number, flags: number): void {
    this.#reserve(ROOM);
    this.#before = this.#message;
    this.#message = this.#at;
    this.#words[this.#at + 1] = type | ((flags | NLM_F.REQUEST) << 16);
    this.#words[this.#at + 2] = this.#seq++;
    this.#words[this.#at + 3] = this.#port;
    this.#at += HEADER;
  }

  /** Ends it. */
  end(): void {
    this.#words[this.#message] = (this.#at - this.#message) * WORD;
  }

  /** A message that is there already. */
  message(type: number, flags: number, payload: Uint8Array): void {
    this.begin(type, flags);
    this.#reserve(payload.length + WORD);
    new Uint8Array(this.#words.buffer).set(payload, this.#at * WORD);
    this.#at += Math.ceil(payload.length / WORD);
    this.#words[this.#message] = NETLINK_HEADER + payload.length;
  }

  /** Where the next word of the message comes, from its beginning. */
  get place(): number {
    return this.#at - this.#message;
  }

  /** The last message once more. */
  repeat(): void {
    this.#reserve(ROOM);
    const length = this.#at - this.#message;
    this.#words.copyWithin(this.#at, this.#message, this.#at);
    this.#before = this.#message;
    this.#message = this.#at;
    this.#words[this.#at + 2] = this.#seq++;
    this.#at += length;
  }

  /** Another word in a place of the last message. */
  replace(place: number, word: number): void {
    this.#words[this.#message + place] = word;
  }

  /** Takes the last message back, once and not the only one. */
  drop(): void {
    this.#words.fill(0, this.#message, this.#at);
    this.#at = this.#message;
    this.#message = this.#before;
    this.#seq--;
  }

  /** The datagram, whose last message asks for an acknowledgement. */
  datagram(): Uint8Array {
    this.#words[this.#message + 1] = (this.#words[this.#message + 1] ?? 0) | (NLM_F.ACK << 16);
    return this.payload();
  }

  /** All that was written. */
  payload(): Uint8Array {
    return new Uint8Array(this.#words.buffer, 0, this.length);
  }

  /** Four bytes, the first of them lowest. */
  word(word: number): void {
    this.#words[this.#at++] = word;
  }

  /** An attribute of a number in host order. */
  number(type: number, length: 1 | 2 | 4, value: number): void {
    this.#words[this.#at] = (NLA_HEADER + length) | (type << 16);
    this.#words[this.#at + 1] = value;
    this.#at += 2;
  }

  /** An attribute of two bytes in network order. */
  port(type: number, port: number): void {
    this.number(type, 2, networkOrder(port));
  }

  /** An attribute of `words` words that are written next. */
  words(type: number, words: number): void {
    this.word((NLA_HEADER + words * WORD) | (type << 16));
  }

  /** An attribute of ASCII and a NUL. */
  text(type: number, text: string): void {
    this.word((NLA_HEADER + text.length + 1) | (type << 16));
    for (let at = 0; at <= text.length; at += WORD) {
      let word = 0;
      for (let i = 0; i < WORD && at + i < text.length; i++) word |= text.charCodeAt(at + i) << (8 * i);
      this.word(word);
    }
  }

  /** An attribute that holds those that are written until `close`, which takes what this gives. */
  open(type: number): number {
    this.#words[this.#at] = (type | NLA_F_NESTED) << 16;
    return this.#at++;
  }

  close(opened: number): void {
    this.#words[opened] = (this.#words[opened] ?? 0) | ((this.#at - opened) * WORD);
  }

  #reserve(bytes: number): void {
    const needed = this.#at + Math.ceil(bytes / WORD);
    if (needed <= this.#words.length) return;
    const words = new Uint32Array(2 * needed);
    words.set(this.#words);
    this.#words = words;
  }
}
