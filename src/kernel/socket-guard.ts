import { getSystemErrorName } from 'node:util';
import type { Family } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { native } from './native.ts';

/**
 * Puts a program of classic BPF in front of a raw socket, in the place of the last one, or takes it away (null). The
 * error is the name of the system's errno.
 */
export type SocketGuard = (program: Uint8Array | null) => Result<void, string>;

/** A raw socket whose descriptor its opener keeps to itself. */
export interface Guarded<T> {
  readonly socket: T;
  readonly guard: SocketGuard;
  /** Of no use once the socket is closed; the name of an errno where /proc is missing. */
  readonly descriptor: Result<number, string>;
}

/**
 * Opens a raw socket with `open` and finds its descriptor: it is the one of this family and protocol that was not there
 * before. The guard of a closed socket answers `EBADF`; where /proc is missing, it answers what was missing.
 */
export function openGuarded<T>(
  family: Family,
  protocol: number,
  open: () => Result<T, string>,
): Result<Guarded<T>, string> {
  const version = family === 'inet' ? 4 : 6;
  const before = native.findRawSockets(version, protocol);
  const opened = open();
  if (!opened.ok) return opened;
  const after = native.findRawSockets(version, protocol);
  // Without /proc there is no guard, but a socket.
  if (typeof before === 'number' || typeof after === 'number') {
    const missing = err(getSystemErrorName(typeof before === 'number' ? before : Number(after)));
    return ok({ socket: opened.value, guard: () => missing, descriptor: missing });
  }
  const descriptor = after.find((one) => !before.includes(one));
  if (descriptor === undefined) throw new Error('the socket that was opened is none of that kind');
  const guard: SocketGuard = (program) => {
    // The number of a closed one may be something else's by now.
    const now = native.findRawSockets(version, protocol);
    if (typeof now === 'number' || !now.includes(descriptor)) return err('EBADF');
    if (program !== null) return outcome(native.attachFilter(descriptor, program));
    const detached = outcome(native.detachFilter(descriptor));
    return !detached.ok && detached.error === 'ENOENT' ? ok(undefined) : detached;
  };
  return ok({ socket: opened.value, guard, descriptor: ok(descriptor) });
}

const outcome = (code: number): Result<void, string> =>
  code === 0 ? ok(undefined) : err(getSystemErrorName(code));
