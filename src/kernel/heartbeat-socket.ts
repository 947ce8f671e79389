import type { Family, Ip } from '../base/ip.ts';
import { ok, type Result } from '../base/result.ts';
import type { Datagram } from '../wire/datagram.ts';
import { openIpSocket } from './ip-socket.ts';

/** The heartbeats of one UDP port and family, which they come from and go to. */
export interface HeartbeatSocket {
  /** The error is the name of the system's errno. */
  send(to: Ip, from: Ip, payload: Uint8Array): Result<void, string>;
  /** Hands over every datagram that already waits in the socket, at most 1024, before it returns. */
  drain(): void;
  close(): void;
}

export interface HeartbeatSocketOptions {
  readonly family: Family;
  readonly port: number;
  readonly onPacket: (datagram: Datagram) => void;
  readonly onError: (because: string) => void;
}

const UDP = 17;
/** Paths may lead through routers. */
const TTL = 64;
/** CS6: in front of bulk traffic, as VRRP's adverts are. */
const INTERNETWORK_CONTROL = 0xc0;

/** The error is the name of the system's errno: `EADDRINUSE` where somebody else has the port. */
export function openHeartbeatSocket(options: HeartbeatSocketOptions): Result<HeartbeatSocket, string> {
  const { family, port, onPacket, onError } = options;
  const opened = openIpSocket({ family, protocol: UDP, port, device: null, onDatagram: onPacket, onError });
  if (!opened.ok) return opened;
  const socket = opened.value;
  return ok({
    send: (destination, source, payload) =>
      socket.send({ destination, port, source, ifindex: 0, ttl: TTL, tos: INTERNETWORK_CONTROL, payload }),
    drain: () => socket.drain(),
    close: () => socket.close(),
  });
}
