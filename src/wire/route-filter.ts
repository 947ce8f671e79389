import {
  BPF_ACCEPT,
  BPF_REJECT,
  type BpfInstruction,
  encodeBpf,
  loadByte,
  loadHalf,
  onlyIf,
  skip,
} from './bpf.ts';
import { NETLINK_HEADER } from './netlink.ts';
import { RTM_ROUTE } from './rtnl-route.ts';

/** Where the fields stand in a message of rtnetlink (struct nlmsghdr, struct rtmsg). */
const TYPE = 4;
/** The byte of the flags that has NLM_F_REPLACE, 0x100. */
const FLAGS = 7;
const REPLACE = 0x01;
const LENGTH = NETLINK_HEADER + 1;
const PROTOCOL = NETLINK_HEADER + 5;

/**
 * A socket filter (struct sock_filter, linux/filter.h) that keeps messages about other routes from a socket: of
 * deletions it lets through those of routes with one of these protocols and lengths of destination, of new routes those
 * that replace one of these lengths, and whatever is about no route. The kernel runs it before it copies a message.
 */
export function encodeRouteFilter(protocols: ReadonlySet<number>, lengths: ReadonlySet<number>): Uint8Array {
  const ofLength = [loadByte(LENGTH), ...anyOf(lengths, BPF_ACCEPT), BPF_REJECT];
  const ofProtocol = [
    loadByte(PROTOCOL),
    // Over the rest of this part and over the flags, to the length.
    ...[...protocols].flatMap((protocol, i) => {
      const rest = 2 * (protocols.size - 1 - i) + 1;
      return [onlyIf(protocol), skip(rest + FLAG_PART)];
    }),
    BPF_REJECT,
  ];
  const replacing = [loadByte(FLAGS), ifAnyBit(REPLACE), BPF_REJECT];
  const head = [
    loadHalf(TYPE),
    onlyIf(swapped(RTM_ROUTE.DEL)),
    skip(3),
    onlyIf(swapped(RTM_ROUTE.NEW)),
    skip(1 + ofProtocol.length),
    BPF_ACCEPT,
  ];
  return encodeBpf([...head, ...ofProtocol, ...replacing, ...ofLength]);
}

const FLAG_PART = 3;

/** BPF_JSET: leaves out the next instruction where a bit of `k` is set in what was loaded. */
const ifAnyBit = (k: number): BpfInstruction => ({ code: 0x45, jt: 1, jf: 0, k });

/** `then` for each value that what was loaded may equal. */
const anyOf = (values: ReadonlySet<number>, then: BpfInstruction): readonly BpfInstruction[] =>
  [...values].flatMap((k) => [onlyIf(k), then]);

/** BPF loads in network order what netlink has in the host's, little-endian. */
const swapped = (value: number): number => ((value & 0xff) << 8) | (value >> 8);
