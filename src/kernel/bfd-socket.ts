import type { Family, Ip } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Datagram } from '../wire/datagram.ts';
import { type IpSocket, type IpSocketOptions, openIpSocket } from './ip-socket.ts';

/** The packets of BFD sessions on one port, 3784 or 4784, of one family. */
export interface BfdSocket {
  /** From a UDP port of 49152–65535, always the same; a source of null is the kernel's choice. */
  send(to: Ip, from: Ip | null, ttl: number, payload: Uint8Array): Result<void, string>;
  /** Hands over every packet that already waits in the socket, at most 1024, before it returns. */
  drain(): void;
  close(): void;
}

export interface BfdSocketOptions {
  readonly family: Family;
  readonly port: number;
  readonly onPacket: (datagram: Datagram) => void;
  readonly onError: (because: string) => void;
}

const UDP = 17;
/** RFC 5881 §4. Unique per session is only a SHOULD, and sessions are told apart by address and discriminator. */
const SOURCE_PORTS = { first: 49152, last: 65535 } as const;
/** CS6: in front of bulk traffic, as VRRP's adverts are. */
const INTERNETWORK_CONTROL = 0xc0;

/** The error is the name of the system's errno: `EADDRINUSE` where another BFD daemon runs. */
export function openBfdSocket(options: BfdSocketOptions): Result<BfdSocket, string> {
  const { family, port, onPacket, onError } = options;
  const common = { family, protocol: UDP, device: null, onError };
  const receiving = openIpSocket({ ...common, port, onDatagram: onPacket });
  if (!receiving.ok) return receiving;
  // What somebody sends to the source port is read and dropped.
  const sending = openOnFreePort({ ...common, onDatagram: () => undefined });
  if (!sending.ok) {
    receiving.value.close();
    return sending;
  }
  return ok({
    send: (destination, source, ttl, payload) =>
      sending.value.send({ destination, port, source, ifindex: 0, ttl, tos: INTERNETWORK_CONTROL, payload }),
    drain: () => receiving.value.drain(),
    close() {
      receiving.value.close();
      sending.value.close();
    },
  });
}

function openOnFreePort(options: Omit<IpSocketOptions, 'port'>): Result<IpSocket, string> {
  for (let port = SOURCE_PORTS.first; port <= SOURCE_PORTS.last; port++) {
    const opened = openIpSocket({ ...options, port });
    if (opened.ok || opened.error !== 'EADDRINUSE') return opened;
  }
  return err('EADDRINUSE');
}
