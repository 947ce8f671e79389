import { ipFamily } from '../base/ip.ts';
import { ok, type Result } from '../base/result.ts';
import type { FlowSyncConfig } from '../model/flow-sync.ts';
import type { Datagram } from '../wire/datagram.ts';
import { type IpSocket, openIpSocket } from './ip-socket.ts';

/** The socket that flows are shared through. What comes waits in it until it is drained. */
export interface FlowSyncSocket {
  /** To every peer; gives to how many it could not be sent. */
  send(payload: Uint8Array): number;
  /** Hands over every datagram that waits, at most 1024, before it returns. */
  drain(): void;
  close(): void;
}

const UDP = 17;
const TTL = 64;

/** The error is the name of the system's errno: `EADDRINUSE` where somebody else has the port. */
export function openFlowSyncSocket(
  { local, peers, port }: FlowSyncConfig,
  onDatagram: (datagram: Datagram) => void,
): Result<FlowSyncSocket, string> {
  const opened = openIpSocket({
    family: ipFamily(local),
    protocol: UDP,
    port,
    device: null,
    onDatagram,
    // What a peer without a socket answers to us. That it is silent is seen anyway.
    onError: () => undefined,
  });
  if (!opened.ok) return opened;
  const socket: IpSocket = opened.value;
  socket.pause(true);
  return ok({
    send: (payload) =>
      peers.filter(
        (destination) =>
          !socket.send({ destination, port, source: local, ifindex: 0, ttl: TTL, tos: 0, payload }).ok,
      ).length,
    drain: () => socket.drain(),
    close: () => socket.close(),
  });
}
