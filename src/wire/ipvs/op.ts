import { never } from '../../base/never.ts';
import type { IpvsOp } from '../../model/ops.ts';
import type { ServiceKey } from '../../model/services.ts';
import { NetlinkWriter } from '../netlink-writer.ts';
import { COMMAND, IPVS_VERSION } from './constants.ts';
import { writeDest, writeDestKey } from './dest.ts';
import { writeService, writeServiceKey } from './service.ts';

/** The message to this family that makes the kernel do it. */
export function writeIpvsOp(writer: NetlinkWriter, family: number, op: IpvsOp): void {
  writer.begin(family, 0);
  writer.word(genlHeader(op.op));
  switch (op.op) {
    case 'newService':
    case 'setService':
      writeService(writer, op.service);
      break;
    case 'delService':
      writeServiceKey(writer, op.key);
      break;
    case 'newDest':
    case 'setDest':
      writeServiceKey(writer, op.of);
      writeDest(writer, op.dest);
      break;
    case 'delDest':
      writeServiceKey(writer, op.of);
      writeDestKey(writer, op.key);
      break;
    default:
      never(op);
  }
  writer.end();
}

/** One service when asked for as a question, all of them (`key` null) as a dump. */
export const encodeGetService = (key: ServiceKey | null): Uint8Array => question('getService', key);

/** A dump of a service's destinations; empty when there is no such service. */
export const encodeGetDests = (of: ServiceKey): Uint8Array => question('getDest', of);

export const encodeGetInfo = (): Uint8Array => question('getInfo', null);

function question(command: keyof typeof COMMAND, about: ServiceKey | null): Uint8Array {
  const writer = new NetlinkWriter(0, 0, 0);
  writer.word(genlHeader(command));
  if (about !== null) writeServiceKey(writer, about);
  return writer.payload();
}

/** Command, version, two reserved bytes. */
const genlHeader = (command: keyof typeof COMMAND): number => COMMAND[command] | (IPVS_VERSION << 8);
