import { dataView } from '../base/bytes.ts';

/** An instruction of classic BPF (struct sock_filter, linux/filter.h). */
export interface BpfInstruction {
  readonly code: number;
  /** Instructions to leave out where a comparison holds, and where not. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** BPF_MAXINSNS, linux/bpf_common.h. */
export const BPF_LONGEST = 4096;

/** linux/filter.h: offsets of what is beside the data (SKF_AD_OFF), and of the network header (SKF_NET_OFF). */
export const BPF_PACKET_TYPE = (-0x1000 + 4) >>> 0;
export const BPF_HARDWARE_TYPE = (-0x1000 + 28) >>> 0;
export const BPF_RANDOM = (-0x1000 + 56) >>> 0;
export const BPF_NETWORK_HEADER = -0x100000 >>> 0;

const WHOLE = 0xffff_ffff;
const INSTRUCTION = 8;

const plain = (code: number, k: number): BpfInstruction => ({ code, jt: 0, jf: 0, k });

export const BPF_ACCEPT: BpfInstruction = plain(0x06, WHOLE);
export const BPF_REJECT: BpfInstruction = plain(0x06, 0);

export const loadByte = (at: number): BpfInstruction => plain(0x30, at);
export const loadHalf = (at: number): BpfInstruction => plain(0x28, at);
export const loadWord = (at: number): BpfInstruction => plain(0x20, at);
/** The length of the IPv4 header at `at`, into the index register. */
export const loadHeaderLength = (at: number): BpfInstruction => plain(0xb1, at);
/** A number into the index register. */
export const setIndex = (value: number): BpfInstruction => plain(0x01, value);
/** The byte at the index register plus `at`. */
export const loadIndexedByte = (at: number): BpfInstruction => plain(0x50, at);
/** The length of the whole data. */
export const loadLength: BpfInstruction = plain(0x80, 0);
export const shiftLeft = (bits: number): BpfInstruction => plain(0x64, bits);
export const add = (value: number): BpfInstruction => plain(0x04, value);
export const addIndex: BpfInstruction = plain(0x0c, 0);
export const subtractIndex: BpfInstruction = plain(0x1c, 0);
/** What was loaded, into the index register. */
export const toIndex: BpfInstruction = plain(0x07, 0);
export const skip = (instructions: number): BpfInstruction => plain(0x05, instructions);
/** The next instruction only where what was loaded is `k`. */
export const onlyIf = (k: number): BpfInstruction => ({ code: 0x15, jt: 0, jf: 1, k });
/** The next instruction only where what was loaded is not `k`. */
export const unless = (k: number): BpfInstruction => ({ code: 0x15, jt: 1, jf: 0, k });
/** The next instruction only where what was loaded is greater than `k`. */
export const onlyAbove = (k: number): BpfInstruction => ({ code: 0x25, jt: 0, jf: 1, k });

/** Rejects what does not have this value where `load` looks. */
export const demand = (load: BpfInstruction, value: number): readonly BpfInstruction[] => [
  load,
  unless(value),
  BPF_REJECT,
];

/** The program as SO_ATTACH_FILTER takes it. Host byte order; this codec is little-endian. */
export function encodeBpf(program: readonly BpfInstruction[]): Uint8Array {
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
