import { dataView } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';

/**
 * A message of the kernel's process event connector (linux/connector.h struct cn_msg, linux/cn_proc.h struct
 * proc_event), the payload of a netlink message. Host byte order; this codec is little-endian.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |          CN_IDX_PROC          |         CN_VAL_PROC           |   4 + 4 bytes
 * |           Sequence            |       Acknowledgement         |   4 + 4 bytes
 * |        Length         |         Flags         |                   2 + 2 bytes
 * |             What              |             CPU               |   4 + 4 bytes
 * |                    Nanoseconds since boot                     |   8 bytes
 * |   by what it is: process and thread-group ids, or an error    |
 * +---------------------------------------------------------------+
 * ```
 */
export type ProcessEvent =
  /** `acknowledges` is the number that the request carried; `errno` is positive, 0 for success. */
  | { readonly what: 'answer'; readonly acknowledges: number; readonly errno: number }
  | { readonly what: 'fork'; readonly parent: number; readonly pid: number }
  /** It became another program, or took another name. */
  | { readonly what: 'exec' | 'comm'; readonly pid: number }
  | { readonly what: 'exit'; readonly pid: number }
  /** Of a thread, or of a kind that says nothing about which processes run. */
  | { readonly what: 'other' };

export type ProcessEventError = 'truncated' | 'connector';

const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;
const HEADER = 20;
const EVENT = 16;

/** enum what of linux/cn_proc.h */
const WHAT = { NONE: 0, FORK: 1, EXEC: 2, COMM: 0x200, EXIT: 0x80000000 } as const;
/** enum proc_cn_mcast_op */
const OPERATION = { listen: 1, ignore: 2 } as const;

/** Asks to be told of events, or not any more. The answer carries `number`, 0 ≤ number < 2^32 − 1. */
export function encodeProcessRequest(operation: keyof typeof OPERATION, number: number): Uint8Array {
  const bytes = new Uint8Array(HEADER + 4);
  const view = dataView(bytes);
  view.setUint32(0, CN_IDX_PROC, true);
  view.setUint32(4, CN_VAL_PROC, true);
  view.setUint32(12, number, true);
  view.setUint16(16, 4, true);
  view.setUint32(HEADER, OPERATION[operation], true);
  return bytes;
}

export function decodeProcessEvent(payload: Uint8Array): Result<ProcessEvent, ProcessEventError> {
  if (payload.length < HEADER + EVENT) return err('truncated');
  const view = dataView(payload);
  if (view.getUint32(0, true) !== CN_IDX_PROC || view.getUint32(4, true) !== CN_VAL_PROC)
    return err('connector');
  const what = view.getUint32(HEADER, true);
  const body = HEADER + EVENT;
  const word = (index: number) => view.getUint32(body + 4 * index, true);
  const words = { [WHAT.NONE]: 1, [WHAT.FORK]: 4, [WHAT.EXEC]: 2, [WHAT.COMM]: 2, [WHAT.EXIT]: 2 }[what];
  if (words === undefined) return ok({ what: 'other' });
  if (payload.length < body + 4 * words) return err('truncated');
  switch (what) {
    case WHAT.NONE:
      // cn_proc.c answers with the request's number + 1.
      return ok({ what: 'answer', acknowledges: (view.getUint32(12, true) - 1) >>> 0, errno: word(0) });
    case WHAT.FORK:
      return ok(word(2) === word(3) ? { what: 'fork', parent: word(1), pid: word(3) } : { what: 'other' });
    case WHAT.EXIT:
      return ok(word(0) === word(1) ? { what: 'exit', pid: word(1) } : { what: 'other' });
    case WHAT.EXEC:
      return ok({ what: 'exec', pid: word(1) });
    default:
      return ok(word(0) === word(1) ? { what: 'comm', pid: word(1) } : { what: 'other' });
  }
}
