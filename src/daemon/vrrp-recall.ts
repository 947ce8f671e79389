import type { Result } from '../base/result.ts';
import { type EarlyRefusal, type ReceivedAdvert, readAdvert } from '../vrrp/accept.ts';
import type { Datagram } from '../wire/datagram.ts';

interface Read {
  readonly datagram: Datagram;
  readonly received: Result<ReceivedAdvert, EarlyRefusal>;
}

/** Reads adverts. One like the last of its VRID is not read again: the answer is the same object. */
export class VrrpRecall {
  private readonly last: (Read | undefined)[] = Array.from({ length: 256 });

  read(datagram: Datagram): Result<ReceivedAdvert, EarlyRefusal> {
    const vrid = datagram.payload[1] ?? 0;
    const known = this.last[vrid];
    if (known !== undefined && isSame(known.datagram, datagram)) return known.received;
    const received = readAdvert(datagram);
    this.last[vrid] = { datagram, received };
    return received;
  }
}

function isSame(a: Datagram, b: Datagram): boolean {
  if (a.ttl !== b.ttl || a.source !== b.source || a.destination !== b.destination) return false;
  if (a.payload.length !== b.payload.length) return false;
  for (let i = 0; i < a.payload.length; i++) if (a.payload[i] !== b.payload[i]) return false;
  return true;
}
