import type { UdpReply } from '../model/check.ts';

/**
 * What is wrong with a reply, as a sentence; null for nothing. As with keepalived a reply that ends within the pattern is
 * compared as far as it goes: how much there has to be is `least`'s to say. Of each byte count the bits that are 1 in its
 * mask; a byte without a mask counts whole.
 */
export function mismatchOf({ bytes, mask, least, most }: UdpReply, reply: Uint8Array): string | null {
  const { length } = reply;
  if (length < least) return `the reply has ${length} bytes, fewer than ${least}`;
  if (length > most) return `the reply has ${length} bytes, more than ${most}`;
  const compared = Math.min(length, bytes.length);
  for (let i = 0; i < compared; i++) {
    const difference = ((reply[i] ?? 0) ^ (bytes[i] ?? 0)) & (mask[i] ?? 0xff);
    if (difference !== 0) return `byte ${i} of the reply is ${hex(reply[i])}, not ${hex(bytes[i])}`;
  }
  return null;
}

const hex = (byte: number | undefined): string => `0x${(byte ?? 0).toString(16).padStart(2, '0')}`;
