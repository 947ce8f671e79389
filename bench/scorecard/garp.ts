import { type Ip, ipFromBytes } from '../../src/base/ip.ts';
import type { Heard } from '../bed/frames.ts';

const SENDER_IP = 28;
const TARGET_IP = 38;

/** Whether a frame is an ARP packet that announces the address: sender and target are it. */
export function announces({ frame }: Heard, address: string): boolean {
  const ip = (offset: number): Ip => ipFromBytes(frame.subarray(offset, offset + 4));
  return ip(SENDER_IP) === address && ip(TARGET_IP) === address;
}
