import { getSystemErrorName } from 'node:util';
import { type Family, type Ip, ipBytes, ipFromBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Datagram } from '../wire/datagram.ts';
import { native } from './native.ts';

/** A socket that sees and sets what stands in IP headers. */
export interface IpSocket {
  join(group: Ip, ifindex: number): Result<void, string>;
  send(packet: OutgoingPacket): Result<void, string>;
  /** Hands over every datagram that already waits, at most 1024, before it returns. */
  drain(): void;
  /** While it is paused, datagrams wait for drain(). */
  pause(isPaused: boolean): void;
  close(): void;
}

export interface OutgoingPacket {
  readonly destination: Ip;
  /** UDP; 0 for a raw socket. */
  readonly port: number;
  /** Null for the kernel's choice. */
  readonly source: Ip | null;
  /** 0 for the kernel's choice. */
  readonly ifindex: number;
  readonly ttl: number;
  readonly tos: number;
  readonly payload: Uint8Array;
}

export interface IpSocketOptions {
  readonly family: Family;
  /** 17 for UDP, else a raw socket of this protocol. */
  readonly protocol: number;
  /** UDP port to bind to; 0 for none. */
  readonly port: number;
  readonly device: string | null;
  readonly onDatagram: (datagram: Datagram) => void;
  readonly onError: (because: string) => void;
}

const DRAIN_LIMIT = 1024;

/** Needs CAP_NET_RAW for raw sockets. The error is the name of the system's errno. */
export function openIpSocket(options: IpSocketOptions): Result<IpSocket, string> {
  const { family, protocol, port, device, onDatagram, onError } = options;
  const drain = () => {
    for (let taken = 0; taken < DRAIN_LIMIT; taken++) {
      const received = socket.receive();
      if (received === null) return;
      if (typeof received === 'number') return onError(getSystemErrorName(received));
      const { source, destination, ttl, bytes } = received;
      onDatagram({ source: ipFromBytes(source), destination: ipFromBytes(destination), ttl, payload: bytes });
    }
  };
  const socket = new native.IpSocket(family === 'inet' ? 4 : 6, protocol, port, device, drain);
  if (socket.error !== 0) return err(getSystemErrorName(socket.error));
  return ok({
    join: (group, ifindex) => outcome(socket.join(ipBytes(group), ifindex)),
    send: (packet) =>
      outcome(
        socket.send(
          ipBytes(packet.destination),
          packet.port,
          packet.source === null ? null : ipBytes(packet.source),
          packet.ifindex,
          packet.ttl,
          packet.tos,
          packet.payload,
        ),
      ),
    drain,
    pause: (isPaused) => socket.pause(isPaused),
    close: () => socket.close(),
  });
}

const outcome = (code: number): Result<void, string> =>
  code === 0 ? ok(undefined) : err(getSystemErrorName(code));
