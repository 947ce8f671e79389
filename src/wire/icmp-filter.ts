import type { Family } from '../base/ip.ts';
import {
  BPF_ACCEPT,
  BPF_REJECT,
  demand,
  encodeBpf,
  loadHeaderLength,
  loadIndexedByte,
  onlyIf,
  setIndex,
  unless,
} from './bpf.ts';
import { ICMP_TYPES } from './icmp.ts';

/** The instruction has the index register point to the ICMP header: raw sockets show the header of IPv4, not that of IPv6. */
const MESSAGE = { inet: loadHeaderLength(0), inet6: setIndex(0) } as const;

/**
 * A socket filter for a raw ICMP socket: echo replies with this identifier, and whatever did not get there. Everything
 * else that the machine hears, such as all of neighbour discovery, is not worth waking up for.
 */
export function encodeIcmpFilter(family: Family, identifier: number): Uint8Array {
  const { reply, unreachable } = ICMP_TYPES[family];
  return encodeBpf([
    MESSAGE[family],
    loadIndexedByte(0),
    onlyIf(unreachable),
    BPF_ACCEPT,
    unless(reply),
    BPF_REJECT,
    ...demand(loadIndexedByte(4), identifier >> 8),
    ...demand(loadIndexedByte(5), identifier & 0xff),
    BPF_ACCEPT,
  ]);
}
