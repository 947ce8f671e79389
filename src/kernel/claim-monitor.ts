import { getSystemErrorName } from 'node:util';
import { type Ip, ipFamily } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { ETHERTYPE_ARP } from '../wire/arp.ts';
import { type Claim, decodeClaim } from '../wire/claim.ts';
import { type ClaimFilter, encodeArpFilter, encodeNaFilter } from '../wire/claim-filter.ts';
import { ETHERTYPE_IPV6 } from '../wire/ndisc.ts';
import { type NativeFrameSocket, native } from './native.ts';

/** Hears other machines on the links of this one that say an address is their own (RFC 5227 §2.4). */
export interface ClaimMonitor {
  /** From now on it is these addresses. The error is the name of the system's errno. */
  follow(addresses: readonly Ip[]): Result<void, string>;
  /** Tells of every claim that already waits, before it returns. */
  drain(): void;
  close(): void;
}

export interface ClaimMonitorOptions {
  /** Of one of the addresses, on the interface of this index. What this machine sends itself is not told. */
  readonly onClaim: (ifindex: number, claim: Claim) => void;
  readonly onError: (because: string) => void;
}

/** Frames at once; the rest at the next turn of the loop. */
const LIMIT = 256;

const KINDS = [
  { family: 'inet', ethertype: ETHERTYPE_ARP, encodeFilter: encodeArpFilter },
  { family: 'inet6', ethertype: ETHERTYPE_IPV6, encodeFilter: encodeNaFilter },
] as const;

/** Needs CAP_NET_RAW. No socket is open while no address of its family is followed. */
export function openClaimMonitor({ onClaim, onError }: ClaimMonitorOptions): ClaimMonitor {
  const sockets = new Map<number, NativeFrameSocket>();
  let followed: ReadonlySet<Ip> = new Set();

  const read = (ethertype: number) => {
    for (let taken = 0; taken < LIMIT; taken++) {
      const frame = sockets.get(ethertype)?.receive() ?? null;
      if (frame === null) return;
      if (typeof frame === 'number') return onError(getSystemErrorName(frame));
      const claim = decodeClaim(frame.bytes);
      if (claim.ok && followed.has(claim.value.address)) onClaim(frame.ifindex, claim.value);
    }
  };

  /** 0, or a negative errno. */
  const hear = (ethertype: number, program: Uint8Array): number => {
    const open = sockets.get(ethertype);
    if (open !== undefined) return open.filter(program);
    const socket = new native.FrameSocket(ethertype, program, () => read(ethertype));
    if (socket.error === 0) sockets.set(ethertype, socket);
    return socket.error;
  };

  // The kernel takes no program longer than net.core.optmem_max has room for: 20 KiB before Linux 6.7, which is some
  // 500 addresses.
  const hearThrough = (ethertype: number, { narrow, wide }: ClaimFilter): number =>
    narrow !== null && hear(ethertype, narrow) === 0 ? 0 : hear(ethertype, wide);

  return {
    follow(addresses) {
      followed = new Set(addresses);
      for (const { family, ethertype, encodeFilter } of KINDS) {
        const own = [...followed].filter((address) => ipFamily(address) === family);
        if (own.length === 0) {
          sockets.get(ethertype)?.close();
          sockets.delete(ethertype);
          continue;
        }
        const failed = hearThrough(ethertype, encodeFilter(own));
        if (failed !== 0) return err(getSystemErrorName(failed));
      }
      return ok(undefined);
    },
    drain() {
      for (const ethertype of sockets.keys()) read(ethertype);
    },
    close() {
      for (const socket of sockets.values()) socket.close();
      sockets.clear();
    },
  };
}
