import { never } from '../base/never.ts';
import type { KernelErrorCode } from '../kernel/error.ts';
import type { IpvsOp } from '../model/ops.ts';
import { destKey, type ServiceKey, serviceKey } from '../model/services.ts';

/** The change for people: `newDest 10.0.0.1:80 of tcp 10.0.0.100:80`. Also tells changes of one plan apart. */
export function showOp(op: IpvsOp): string {
  switch (op.op) {
    case 'newService':
    case 'setService':
      return `${op.op} ${serviceKey(op.service.key)}`;
    case 'delService':
      return `${op.op} ${serviceKey(op.key)}`;
    case 'newDest':
    case 'setDest':
      return `${op.op} ${destKey(op.dest.key)} of ${serviceKey(op.of)}`;
    case 'delDest':
      return `${op.op} ${destKey(op.key)} of ${serviceKey(op.of)}`;
    default:
      return never(op);
  }
}

/** The service that a change is about. */
export function serviceOf(op: IpvsOp): ServiceKey {
  if ('of' in op) return op.of;
  return op.op === 'delService' ? op.key : op.service.key;
}

/** Says nothing about the table: the same may succeed when it is tried again at once. */
export const TRANSIENT: ReadonlySet<KernelErrorCode> = new Set<KernelErrorCode>([
  'overrun',
  'timeout',
  'interrupted',
  'EINTR',
  'EAGAIN',
  'EBUSY',
  'ENOBUFS',
]);

/**
 * The answers that only mean that somebody else changed the table after it was read (net/netfilter/ipvs/ip_vs_ctl.c,
 * ip_vs_genl_set_cmd). ENOENT for a service is none of them: it says that the scheduler's module is missing.
 */
const SURPRISES: Readonly<Record<IpvsOp['op'], readonly KernelErrorCode[]>> = {
  newService: ['EEXIST'],
  setService: ['ESRCH'],
  delService: ['ESRCH'],
  newDest: ['EEXIST', 'ESRCH'],
  setDest: ['ENOENT', 'ESRCH'],
  delDest: ['ENOENT', 'ESRCH'],
};

/** Whether to read the table and plan again, rather than to report the change as refused. */
export const isSurprise = (op: IpvsOp, code: KernelErrorCode): boolean =>
  TRANSIENT.has(code) || SURPRISES[op.op].includes(code);

/** True for a change that was refused, and for what is about a service that could not be made. By showOp. */
export function isHopeless(op: IpvsOp, refused: ReadonlyMap<string, unknown>): boolean {
  if (refused.has(showOp(op))) return true;
  return op.op !== 'delService' && refused.has(`newService ${serviceKey(serviceOf(op))}`);
}
