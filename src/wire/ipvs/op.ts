import { ipFamily } from '../../base/ip.ts';
import { never } from '../../base/never.ts';
import type { IpvsOp } from '../../model/ops.ts';
import type { Dest, ServiceKey } from '../../model/services.ts';
import { NetlinkWriter } from '../netlink-writer.ts';
import { COMMAND, IPVS_VERSION } from './constants.ts';
import { rewriteDest, writeDest, writeDestKey } from './dest.ts';
import { writeService, writeServiceKey } from './service.ts';

type DestOp = Extract<IpvsOp, { readonly dest: unknown }>;

/** Writes operations as messages to this family, one after the other. */
export class IpvsOpWriter {
  readonly #writer: NetlinkWriter;
  readonly #family: number;
  /** What the last message says of a server with an IPv4 address, and where in it. */
  #last: DestOp | null = null;
  #place = 0;

  constructor(writer: NetlinkWriter, family: number) {
    this.#writer = writer;
    this.#family = family;
  }

  write(op: IpvsOp): void {
    const writer = this.#writer;
    if (op.op === 'newDest' || op.op === 'setDest') {
      this.#writeDest(op);
      return;
    }
    this.#last = null;
    writer.begin(this.#family, 0);
    writer.word(genlHeader(op.op));
    switch (op.op) {
      case 'newService':
      case 'setService':
        writeService(writer, op.service);
        break;
      case 'delService':
        writeServiceKey(writer, op.key);
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

  /** Most servers of a service differ by their address alone. */
  #writeDest(op: DestOp): void {
    const { of, dest } = op;
    const writer = this.#writer;
    const last = this.#last;
    const isInet = ipFamily(dest.key.address) === 'inet';
    if (last !== null && isInet && last.op === op.op && last.of === of && sameAttrs(last.dest, dest)) {
      writer.repeat();
      rewriteDest(writer, this.#place, dest.key);
      return;
    }
    writer.begin(this.#family, 0);
    writer.word(genlHeader(op.op));
    writeServiceKey(writer, of);
    this.#place = writer.place;
    writeDest(writer, dest);
    writer.end();
    this.#last = isInet ? op : null;
  }
}

function sameAttrs({ attrs: a }: Dest, { attrs: b }: Dest): boolean {
  return (
    a.weight === b.weight &&
    a.forward === b.forward &&
    a.upperThreshold === b.upperThreshold &&
    a.lowerThreshold === b.lowerThreshold &&
    a.tunnel === b.tunnel
  );
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
