import { getSystemErrorName } from 'node:util';
import type { Family } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { ProbeSource } from '../model/check.ts';
import { native } from './native.ts';

/**
 * The descriptor of a TCP socket that goes out by the interface and with the mark of `source` (SO_BINDTODEVICE, SO_MARK),
 * neither bound nor connected yet. It is the caller's to close. A mark needs CAP_NET_ADMIN. The error is the name of the
 * system's errno.
 */
export function openStreamSocket(family: Family, source: ProbeSource): Result<number, string> {
  const opened = native.openStreamSocket(family === 'inet' ? 4 : 6, source.interface, source.fwmark ?? 0);
  return opened < 0 ? err(getSystemErrorName(opened)) : ok(opened);
}
