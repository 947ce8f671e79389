import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';

/**
 * Documentation/networking/ip-sysctl.rst: an interface does not answer for addresses of another interface, and does not
 * ask with them as the source, which would tell its neighbours the same. An IPv6 interface does neither anyway
 * (ndisc_recv_ns and ndisc_send_ns in net/ipv6/ndisc.c look for addresses of that interface).
 */
const SILENCE = [
  ['arp_ignore', 1],
  ['arp_announce', 2],
] as const;

/**
 * The sysctl `tag` is a number "which can be used as required" and has no effect. While an interface is silent it holds
 * the letters lbd and, in its last byte, two bits for what each of SILENCE was before: a process that dies leaves them
 * to the next one, and nobody else's value is taken for ours.
 */
const TAG = 0x6c62_6400;
const UNTOUCHED = 3;

/** What was there before, in the order of SILENCE; null for what was high enough. */
type Before = readonly (number | null)[];

const CONF = '/proc/sys/net/ipv4/conf';

/**
 * Keeps an IPv4 interface from answering for addresses that are not its own, by raising its sysctls (the higher one of
 * the interface and of `all` counts). Gives what puts them back, which leaves a value alone that somebody else has set
 * since. Of an interface that is not there nothing has to be done. The error is a sentence.
 */
export function silence(dev: string): Result<() => void, string> {
  try {
    const before: Before = SILENCE.map(([key, value]) => {
      const found = read(dev, key);
      return found === null || found >= value ? null : Math.max(0, found);
    });
    const isMarked = before.some((one) => one !== null) && read(dev, 'tag') === 0;
    if (isMarked) write(dev, 'tag', encodeTag(before));
    const undo = () => restore(dev, before);
    try {
      for (const [i, [key, value]] of SILENCE.entries()) if (before[i] !== null) write(dev, key, value);
    } catch (error) {
      undo();
      throw error;
    }
    return ok(undo);
  } catch (error) {
    return err(`cannot silence ${dev}: ${wordsOf(error)}`);
  }
}

/** Ends what a process that died has left silent in this network namespace. The error is a sentence. */
export function endForgottenSilence(): Result<void, string> {
  try {
    for (const dev of readdirSync(CONF)) {
      const before = decodeTag(read(dev, 'tag') ?? 0);
      if (before !== null) restore(dev, before);
    }
    return ok(undefined);
  } catch (error) {
    return err(`cannot end a silence that a former process has left: ${wordsOf(error)}`);
  }
}

function restore(dev: string, before: Before): void {
  for (const [i, [key, value]] of SILENCE.entries()) {
    const old = before[i] ?? null;
    if (old !== null && read(dev, key) === value) write(dev, key, old);
  }
  if (decodeTag(read(dev, 'tag') ?? 0) !== null) write(dev, 'tag', 0);
}

const encodeTag = (before: Before): number =>
  before.reduce<number>((tag, one, i) => tag | ((one ?? UNTOUCHED) << (2 * i)), TAG);

function decodeTag(tag: number): Before | null {
  if (tag >> 8 !== TAG >> 8) return null;
  const bits = SILENCE.map((_, i) => (tag >> (2 * i)) & 3);
  return bits.map((one) => (one === UNTOUCHED ? null : one));
}

const write = (dev: string, key: string, value: number): void =>
  writeFileSync(`${CONF}/${dev}/${key}`, `${value}`);

function read(dev: string, key: string): number | null {
  try {
    return Number(readFileSync(`${CONF}/${dev}/${key}`, 'latin1'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
