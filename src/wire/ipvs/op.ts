import { never } from '../../base/never.ts';
import type { IpvsOp } from '../../model/ops.ts';
import type { ServiceKey } from '../../model/services.ts';
import { encodeGenl } from '../genl.ts';
import type { Attr } from '../netlink.ts';
import { COMMAND, IPVS_VERSION } from './constants.ts';
import { encodeDest, encodeDestKey } from './dest.ts';
import { encodeService, encodeServiceKey } from './service.ts';

/** The generic netlink payload that makes the kernel do this. */
export function encodeIpvsOp(op: IpvsOp): Uint8Array {
  switch (op.op) {
    case 'newService':
    case 'setService':
      return request(op.op, encodeService(op.service));
    case 'delService':
      return request(op.op, encodeServiceKey(op.key));
    case 'newDest':
    case 'setDest':
      return request(op.op, encodeServiceKey(op.of), encodeDest(op.dest));
    case 'delDest':
      return request(op.op, encodeServiceKey(op.of), encodeDestKey(op.key));
    default:
      return never(op);
  }
}

/** One service when asked for as a question, all of them (`key` null) as a dump. */
export function encodeGetService(key: ServiceKey | null): Uint8Array {
  return key === null ? request('getService') : request('getService', encodeServiceKey(key));
}

/** A dump of a service's destinations; empty when there is no such service. */
export const encodeGetDests = (of: ServiceKey): Uint8Array => request('getDest', encodeServiceKey(of));

export const encodeGetInfo = (): Uint8Array => request('getInfo');

function request(command: keyof typeof COMMAND, ...attrs: readonly Attr[]): Uint8Array {
  return encodeGenl({ command: COMMAND[command], version: IPVS_VERSION, attrs });
}
