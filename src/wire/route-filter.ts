import { dataView } from '../base/bytes.ts';
import { NETLINK_HEADER } from './netlink.ts';
import { RTM_ROUTE } from './rtnl-route.ts';

/** linux/bpf_common.h, linux/filter.h: codes of classic BPF. */
const BPF = { LDH: 0x28, LDB: 0x30, JEQ: 0x15, JSET: 0x45, JA: 0x05, RET: 0x06 } as const;

/** Where the fields stand in a message of rtnetlink (struct nlmsghdr, struct rtmsg). */
const TYPE = 4;
/** The byte of the flags that has NLM_F_REPLACE, 0x100. */
const FLAGS = 7;
const REPLACE = 0x01;
const LENGTH = NETLINK_HEADER + 1;
const PROTOCOL = NETLINK_HEADER + 5;

const WHOLE = 0xffff_ffff;
const INSTRUCTION = 8;

/**
 * A socket filter (struct sock_filter, linux/filter.h) that keeps messages about other routes from a socket: of
 * deletions it lets through those of routes with one of these protocols and lengths of destination, of new routes those
 * that replace one of these lengths, and whatever is about no route. The kernel runs it before it copies a message.
 */
export function encodeRouteFilter(protocols: ReadonlySet<number>, lengths: ReadonlySet<number>): Uint8Array {
  const ofLength = [load(BPF.LDB, LENGTH), ...anyOf(lengths, { ...RETURN, k: WHOLE }), RETURN];
  const ofProtocol = [
    load(BPF.LDB, PROTOCOL),
    // Over the rest of this part and over the flags, to the length.
    ...[...protocols].flatMap((protocol, i) => {
      const rest = 2 * (protocols.size - 1 - i) + 1;
      return anyOf(new Set([protocol]), { ...RETURN, code: BPF.JA, k: rest + FLAG_PART });
    }),
    RETURN,
  ];
  const replacing = [load(BPF.LDB, FLAGS), { code: BPF.JSET, jt: 1, jf: 0, k: REPLACE }, RETURN];
  const head = [
    load(BPF.LDH, TYPE),
    ...anyOf(new Set([swapped(RTM_ROUTE.DEL)]), { ...RETURN, code: BPF.JA, k: 3 }),
    ...anyOf(new Set([swapped(RTM_ROUTE.NEW)]), { ...RETURN, code: BPF.JA, k: 1 + ofProtocol.length }),
    { ...RETURN, k: WHOLE },
  ];
  return encode([...head, ...ofProtocol, ...replacing, ...ofLength]);
}

interface Instruction {
  readonly code: number;
  /** Instructions to leave out where a comparison holds, and where not. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

const FLAG_PART = 3;
const RETURN: Instruction = { code: BPF.RET, jt: 0, jf: 0, k: 0 };

const load = (code: number, at: number): Instruction => ({ code, jt: 0, jf: 0, k: at });

/** `then` for each value that what was loaded may equal. */
const anyOf = (values: ReadonlySet<number>, then: Instruction): readonly Instruction[] =>
  [...values].flatMap((k) => [{ code: BPF.JEQ, jt: 0, jf: 1, k }, then]);

/** BPF loads in network order what netlink has in the host's, little-endian. */
const swapped = (value: number): number => ((value & 0xff) << 8) | (value >> 8);

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * INSTRUCTION);
  const view = dataView(bytes);
  for (const [i, { code, jt, jf, k }] of program.entries()) {
    const at = i * INSTRUCTION;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jt);
    view.setUint8(at + 3, jf);
    view.setUint32(at + 4, k, true);
  }
  return bytes;
}
