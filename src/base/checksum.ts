/**
 * The Internet checksum (RFC 1071) over the parts as if they were joined; an odd last byte of the whole is
 * padded with zero. Every part but the last must have even length. Over data that carries its own correct
 * checksum the result is 0.
 */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += ((part[i] ?? 0) << 8) | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
