import { getSystemErrorMap, getSystemErrorName } from 'node:util';

const ERRNO_CODES = [
  'EPERM',
  'ENOENT',
  'ESRCH',
  'EINTR',
  'EIO',
  'ENXIO',
  'EAGAIN',
  'ENOMEM',
  'EACCES',
  'EBUSY',
  'EEXIST',
  'EXDEV',
  'ENODEV',
  'EINVAL',
  'ENOSPC',
  'ERANGE',
  'EMSGSIZE',
  'EPROTONOSUPPORT',
  'EOPNOTSUPP',
  'EAFNOSUPPORT',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOBUFS',
] as const;

/**
 * The errno by its name, `other` where it is none of those that are told apart here, or one of ours:
 * - `overrun`: answers were lost (the receive buffer was full), so what became of the request is not known;
 * - `timeout`: no answer came;
 * - `interrupted`: the table changed under every attempt to dump it;
 * - `malformed`: the answer could not be read;
 * - `closed`: the socket was closed before the answer.
 */
export type KernelErrorCode =
  | (typeof ERRNO_CODES)[number]
  | 'other'
  | 'overrun'
  | 'timeout'
  | 'interrupted'
  | 'malformed'
  | 'closed';

/** Why the kernel did not do what it was asked to. */
export interface KernelError {
  readonly code: KernelErrorCode;
  /** Positive; 0 where there is none. */
  readonly errno: number;
  /** The kernel's own words where it gave some, else the errno's. */
  readonly message: string;
}

/** The error for a positive errno and the kernel's extended acknowledgement. */
export function kernelError(errno: number, text: string | null = null): KernelError {
  const named = getSystemErrorMap().get(-errno);
  const name = named === undefined ? 'other' : getSystemErrorName(-errno);
  return {
    // libuv calls errno 95 ENOTSUP; linux/errno.h has EOPNOTSUPP.
    code: errno === 95 ? 'EOPNOTSUPP' : (ERRNO_CODES.find((code) => code === name) ?? 'other'),
    errno,
    message: text ?? named?.[1] ?? `errno ${errno}`,
  };
}
