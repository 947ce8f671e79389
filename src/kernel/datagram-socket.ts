import { getSystemErrorName } from 'node:util';
import { type Family, ipBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { ProbeSource } from '../model/check.ts';
import { native } from './native.ts';

/**
 * The descriptor of a UDP socket with this end of its own, which is not connected yet and, once it is, hears of every
 * ICMP error. It is the caller's to close. A mark needs CAP_NET_ADMIN. The error is the name of the system's errno.
 */
export function openDatagramSocket(family: Family, source: ProbeSource): Result<number, string> {
  const { address, port, interface: device, fwmark } = source;
  const from = address === null ? null : ipBytes(address);
  const version = family === 'inet' ? 4 : 6;
  const opened = native.openDatagramSocket(version, device, fwmark ?? 0, from, port ?? 0);
  return opened < 0 ? err(getSystemErrorName(opened)) : ok(opened);
}
