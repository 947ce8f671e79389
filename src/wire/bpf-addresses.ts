import { dataView } from '../base/bytes.ts';
import { type Ip, ipBytes } from '../base/ip.ts';
import { BPF_ACCEPT, BPF_REJECT, type BpfInstruction, loadWord } from './bpf.ts';

/** Accepts what has one of these addresses, all of one family, at `at`; with the rest it does what `others` says. */
export function acceptAddresses(
  at: number,
  addresses: readonly Ip[],
  others: readonly BpfInstruction[] = [BPF_REJECT],
): readonly BpfInstruction[] {
  return [...addresses.flatMap((address) => acceptAddress(at, address)), ...others];
}

/** From the last word to the first: addresses of one network differ in the last. */
function acceptAddress(at: number, address: Ip): readonly BpfInstruction[] {
  const bytes = ipBytes(address);
  const view = dataView(bytes);
  const program: BpfInstruction[] = [];
  for (let word = bytes.length - 4; word >= 0; word -= 4) {
    // Over the rest of this address: two instructions for each word that is left, and its acceptance.
    const rest = word / 2 + 1;
    program.push(loadWord((at + word) >>> 0), { code: 0x15, jt: 0, jf: rest, k: view.getUint32(word) });
  }
  return [...program, BPF_ACCEPT];
}
