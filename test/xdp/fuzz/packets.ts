import { type Ip, ipBytes } from '../../../src/base/ip.ts';
import { macBytes } from '../../../src/base/mac.ts';
import type { Random } from '../../simulation/random.ts';
import { CLIENT_MAC, OUR_MAC } from '../plane.ts';
import { ADDRESSES, PORTS } from './table.ts';

const LONGEST = 1600;
/** So few that packets meet others of their flow, and fragments their first ones. */
const CLIENTS = 24;
const IDS = 4;
const TRANSPORTS = [6, 6, 6, 17, 17, 132] as const;
const OTHERS = [1, 2, 4, 41, 47, 50, 58, 59, 89, 135, 255] as const;
const EXTENSIONS = [0, 43, 44, 51, 60] as const;
const LENGTHS = [0, 0, 1, 7, 8, 20, 64, 200] as const;
/** Beyond what the tunnels take. */
const LONG = [550, 600, 1200, 1440] as const;
const BYTES = [0, 1, 4, 6, 17, 44, 0x45, 0x60, 0x7f, 0x80, 0xff] as const;
const ERRORS4 = [3, 11, 12, 0, 5, 8] as const;
const ERRORS6 = [1, 2, 3, 4, 0, 128, 135] as const;

/** Frames of every kind that a balancer may meet, some of them spoilt; the same ones for the same chance. */
export class Packets {
  readonly #random: Random;
  readonly #bytes = new Uint8Array(2 * LONGEST);
  #at = 0;
  /** Where headers begin. */
  #headers: number[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** One that may be spoilt. */
  next(): Uint8Array {
    const random = this.#random;
    this.#build();
    const spoilt = random.below(100);
    const times = spoilt < 50 ? 0 : spoilt < 80 ? 1 : random.between(2, 5);
    for (let i = 0; i < times; i++) this.#spoil();
    return this.#made();
  }

  /** One as it should be. */
  good(): Uint8Array {
    this.#build();
    return this.#made();
  }

  #build(): void {
    this.#at = 0;
    this.#headers = [];
    this.#link();
  }

  #made(): Uint8Array {
    return this.#bytes.slice(0, Math.max(1, Math.min(this.#at, LONGEST)));
  }

  #byte(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  #word(value: number): void {
    this.#byte((value >> 8) & 0xff);
    this.#byte(value & 0xff);
  }

  #copy(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #fill(length: number): void {
    this.#bytes.fill(this.#random.below(256), this.#at, this.#at + length);
    this.#at += length;
  }

  #header(): number {
    this.#headers.push(this.#at);
    return this.#at;
  }

  #link(): void {
    const random = this.#random;
    const to = random.chance(0.98) ? OUR : random.pick([NEIGHBOUR, VIRTUAL, OUR]);
    this.#copy(to);
    this.#copy(THEIRS);
    this.#header();
    for (let tags = random.pick([0, 0, 0, 1, 2, 3]); tags > 0; tags--) {
      this.#word(random.pick([0x8100, 0x88a8]));
      this.#word(random.below(4096));
    }
    const is4 = random.chance(0.5);
    this.#word(random.chance(0.99) ? (is4 ? 0x0800 : 0x86dd) : random.pick([0x0806, 0x86dd, 0x0800, 60]));
    const [to4, to6] = ADDRESSES;
    if (is4) this.#ip4(client4(random), random.pick(to4), 0);
    else this.#ip6(client6(random), random.pick(to6), 0);
    // What Ethernet adds to short packets, and what lies behind long ones.
    if (random.chance(0.2)) this.#fill(random.between(1, 40));
  }

  /** `depth` counts the packets that this one is quoted by. */
  #ip4(source: Uint8Array, destination: Uint8Array, depth: number): void {
    const random = this.#random;
    const from = this.#header();
    const words = random.chance(0.8) ? 5 : random.between(5, 15);
    this.#byte(0x40 | words);
    this.#byte(random.pick([0, 0, 0x2e, 0xff]));
    this.#word(0);
    this.#word(random.below(IDS));
    const kind = random.below(10);
    const fragment =
      kind < 7 ? random.pick([0, 0x4000]) : kind < 8 ? 0x2000 : random.pick([1, 185, 0x1fff, 0x2001, 0x20b9]);
    this.#word(fragment);
    this.#byte(random.pick([64, 1, 255]));
    const isError = depth === 0 && random.chance(0.25);
    const protocol = isError ? 1 : random.chance(0.95) ? random.pick(TRANSPORTS) : random.pick(OTHERS);
    if (isError && random.chance(0.9)) this.#bytes.fill(0, from + 6, from + 8);
    this.#byte(protocol);
    this.#word(0);
    this.#copy(source);
    this.#copy(destination);
    this.#fill(4 * words - 20);
    if (isError) {
      this.#error(random.pick(ERRORS4));
      const about = random.chance(0.9) ? destination : random.pick(ADDRESSES[0]);
      this.#ip4(about, client4(random), depth + 1);
    } else {
      this.#transport(protocol, depth);
    }
    const length = this.#at - from;
    this.#bytes[from + 2] = length >> 8;
    this.#bytes[from + 3] = length & 0xff;
  }

  #ip6(source: Uint8Array, destination: Uint8Array, depth: number): void {
    const random = this.#random;
    const from = this.#header();
    this.#byte(0x60 | random.pick([0, 0, 2, 15]));
    this.#byte(random.pick([0, 0xe0, 0xff]));
    this.#word(random.below(65_536));
    this.#word(0);
    const isError = depth === 0 && random.chance(0.25);
    const protocol = isError ? 58 : random.chance(0.95) ? random.pick(TRANSPORTS) : random.pick(OTHERS);
    const extensions = Array.from(
      { length: random.chance(0.5) ? 0 : random.pick([1, 1, 1, 2, 3, 5, 6, 7]) },
      () => random.pick(EXTENSIONS),
    );
    this.#byte(extensions[0] ?? protocol);
    this.#byte(64);
    this.#copy(source);
    this.#copy(destination);
    for (const [i, extension] of extensions.entries())
      this.#extension(extension, extensions[i + 1] ?? protocol, isError);
    if (isError) {
      this.#error(random.pick(ERRORS6));
      const about = random.chance(0.9) ? destination : random.pick(ADDRESSES[1]);
      this.#ip6(about, client6(random), depth + 1);
    } else {
      this.#transport(protocol, depth);
    }
    const length = this.#at - from - 40;
    this.#bytes[from + 4] = length >> 8;
    this.#bytes[from + 5] = length & 0xff;
  }

  #extension(kind: number, next: number, isWhole: boolean): void {
    const random = this.#random;
    this.#header();
    this.#byte(next);
    if (kind === 44) {
      this.#byte(0);
      this.#word(random.chance(isWhole ? 0.9 : 0.4) ? 0 : random.pick([1, 1, 8, 9, 1448, 0xfff8]));
      this.#word(0);
      this.#word(random.below(IDS));
      return;
    }
    const units = random.pick([0, 0, 1, 2, 7]);
    // RFC 4302 counts words of 4 bytes, and not the first two.
    this.#byte(kind === 51 ? 2 * units : units);
    this.#byte(0);
    // Nodes that are left on the way.
    this.#byte(kind === 43 && random.chance(0.15) ? 1 : 0);
    this.#fill(8 * units + 4);
  }

  #error(type: number): void {
    this.#header();
    this.#byte(type);
    this.#fill(7);
  }

  #transport(protocol: number, depth: number): void {
    const random = this.#random;
    this.#header();
    const ports = [random.pick(PORTS), 1024 + random.below(64)] as const;
    // A quoted packet goes the other way.
    this.#word(ports[depth === 0 ? 1 : 0]);
    this.#word(ports[depth === 0 ? 0 : 1]);
    if (protocol === 6) {
      this.#fill(8);
      this.#byte(0x50);
      this.#byte(random.chance(0.9) ? random.pick([2, 16, 24, 17, 4]) : random.below(256));
      this.#fill(6);
    } else {
      this.#fill(protocol === 17 ? 4 : 8);
    }
    // An error quotes 8 bytes at least.
    if (depth > 0 && random.chance(0.3)) this.#at = (this.#headers.at(-1) ?? 0) + 8;
    else this.#fill(random.chance(0.95) || depth > 0 ? random.pick(LENGTHS) : random.pick(LONG));
  }

  #spoil(): void {
    const random = this.#random;
    const bytes = this.#bytes;
    const near = Math.min(this.#at - 1, random.pick(this.#headers as [number]) + random.below(24));
    switch (random.below(8)) {
      case 0:
        this.#at = random.between(1, this.#at);
        break;
      case 1:
        // Where a header begins or ends, where mistakes are made.
        this.#at = Math.min(
          this.#at,
          Math.max(1, random.pick(this.#headers as [number]) + random.between(-2, 22)),
        );
        break;
      case 2:
        bytes[near] = random.below(256);
        break;
      case 3:
      case 4:
        bytes[near] = random.pick(BYTES);
        break;
      case 5:
        bytes[near] = (bytes[near] ?? 0) ^ (1 << random.below(8));
        break;
      case 6:
        bytes[near] = (bytes[near] ?? 0) + random.pick([1, 255, 2, 254]);
        break;
      default:
        bytes.copyWithin(near, random.below(this.#at), Math.min(this.#at, LONGEST));
    }
    if (this.#at > LONGEST) this.#at = LONGEST;
  }
}

const OUR = macBytes(OUR_MAC);
const THEIRS = macBytes(CLIENT_MAC);
const NEIGHBOUR = Uint8Array.of(2, 0, 0, 0, 0, 0x99);
const VIRTUAL = Uint8Array.of(0, 0, 0x5e, 0, 1, 7);

const CLIENTS4 = Array.from({ length: CLIENTS }, (_, n) => ipBytes(`198.51.100.${n}` as Ip));
const CLIENTS6 = Array.from({ length: CLIENTS }, (_, n) => ipBytes(`2001:db8:c::${n + 1}` as Ip));
const client4 = (random: Random): Uint8Array => random.pick(CLIENTS4 as [Uint8Array]);
const client6 = (random: Random): Uint8Array => random.pick(CLIENTS6 as [Uint8Array]);
