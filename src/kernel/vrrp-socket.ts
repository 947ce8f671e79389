import rawSocket from 'raw-socket';
import { type Family, type Ip, ipBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Datagram } from '../wire/datagram.ts';
import { decodeIpv4, encodeIpv4 } from '../wire/ipv4.ts';
import { VRRP_PROTOCOL, VRRP_TOS } from '../wire/vrrp.ts';
import { encodeVrrpFilter, type VrrpFilter } from '../wire/vrrp-filter.ts';
import { openIpSocket } from './ip-socket.ts';
import { openGuarded } from './socket-guard.ts';

/** The VRRP packets of one interface and family. */
export interface VrrpSocket {
  /** Sends a datagram with this source, destination and TTL at once; the error is the system's words. */
  send(datagram: Datagram): Result<void, string>;
  /** Hands over every datagram that already waits in the socket, at most 1024, before it returns. */
  drain(): void;
  /**
   * From now on the kernel drops what this does not let through, before it is queued and without a trace, and the rest
   * waits for drain(); null lets everything through again, at once. The error is the name of the system's errno.
   */
  guard(filter: VrrpFilter | null): Result<void, string>;
  close(): void;
}

export interface VrrpSocketOptions {
  readonly interface: string;
  readonly ifindex: number;
  readonly family: Family;
  /** Groups to join on the interface. */
  readonly groups: readonly Ip[];
  /** The bytes are the callee's to keep. */
  readonly onDatagram: (datagram: Result<Datagram, 'ip_header'>) => void;
  readonly onError: (because: string) => void;
}

// linux/in.h, asm-generic/socket.h
const IPPROTO_IP = 0;
const IP_HDRINCL = 3;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_LOOP = 34;
const IP_ADD_MEMBERSHIP = 35;
const SOL_SOCKET = 1;
const SO_PRIORITY = 12;
const SO_BINDTODEVICE = 25;
/** TC_PRIO_CONTROL (linux/pkt_sched.h): adverts pass before bulk traffic in the queueing discipline. */
const PRIO_CONTROL = 7;

/** 255 addresses, two authentication words and the longest IP header: 1108 bytes. */
const BUFFER = 2048;
const DRAIN_LIMIT = 1024;
const NOTHING_WAITS = 'Resource temporarily unavailable';

/** Opens the raw socket of `interface` and joins the groups there. Needs CAP_NET_RAW. */
export function openVrrpSocket(options: VrrpSocketOptions): Result<VrrpSocket, string> {
  const { family } = options;
  const opened = openGuarded(family, VRRP_PROTOCOL, () =>
    family === 'inet' ? openIpv4(options) : openIpv6(options),
  );
  if (!opened.ok) return opened;
  const { socket, guard } = opened.value;
  let closed = false;
  return ok({
    ...socket,
    guard(filter) {
      if (closed) return err('EBADF');
      socket.pause(filter !== null);
      return guard(filter === null ? null : encodeVrrpFilter(family, filter));
    },
    close() {
      closed = true;
      socket.close();
    },
  });
}

/** What sends and receives, of either family; while it is paused, on drain() only. */
type Plain = Omit<VrrpSocket, 'guard'> & { pause(isPaused: boolean): void };

function openIpv6(options: VrrpSocketOptions): Result<Plain, string> {
  const { interface: device, ifindex, groups, onDatagram, onError } = options;
  const opened = openIpSocket({
    family: 'inet6',
    protocol: VRRP_PROTOCOL,
    port: 0,
    device,
    onDatagram: (datagram) => onDatagram(ok(datagram)),
    onError,
  });
  if (!opened.ok) return err(`cannot open a raw socket on ${device}: ${opened.error}`);
  const socket = opened.value;
  for (const group of groups) {
    const joined = socket.join(group, ifindex);
    if (joined.ok) continue;
    socket.close();
    return err(`cannot join ${group} on ${device}: ${joined.error}`);
  }
  return ok({
    send: ({ source, destination, ttl, payload }: Datagram) =>
      socket.send({ destination, port: 0, source, ifindex, ttl, tos: VRRP_TOS, payload }),
    drain: () => socket.drain(),
    pause: (isPaused) => socket.pause(isPaused),
    close: () => socket.close(),
  });
}

function openIpv4(options: VrrpSocketOptions): Result<Plain, string> {
  let socket: rawSocket.Socket;
  try {
    socket = rawSocket.createSocket({ addressFamily: 1, protocol: VRRP_PROTOCOL, bufferSize: BUFFER });
  } catch (error) {
    return err(`cannot open a raw socket: ${reason(error)}`);
  }
  try {
    const device = Buffer.from(`${options.interface}\0`);
    socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, device, device.length);
    socket.setOption(SOL_SOCKET, SO_PRIORITY, PRIO_CONTROL);
    socket.setOption(IPPROTO_IP, IP_HDRINCL, 1);
    socket.setOption(IPPROTO_IP, IP_MULTICAST_LOOP, 0);
    const here = mreqn('0.0.0.0' as Ip, options.ifindex);
    socket.setOption(IPPROTO_IP, IP_MULTICAST_IF, here, here.length);
    for (const group of options.groups) {
      const request = mreqn(group, options.ifindex);
      socket.setOption(IPPROTO_IP, IP_ADD_MEMBERSHIP, request, request.length);
    }
  } catch (error) {
    socket.close();
    return err(`cannot set up a raw socket on ${options.interface}: ${reason(error)}`);
  }
  const receive = (bytes: Buffer) => {
    const ip = decodeIpv4(new Uint8Array(bytes));
    if (!ip.ok) return options.onDatagram(ip);
    const { source, destination, ttl, payload } = ip.value;
    options.onDatagram(ok({ source, destination, ttl, payload }));
  };
  socket.on('message', receive);
  socket.on('error', (error) => {
    // A poll that woke us for a datagram which drain() had already taken.
    if (error.message !== NOTHING_WAITS) options.onError(error.message);
  });
  const buffer = Buffer.alloc(BUFFER);
  return ok({
    // The package's own send() waits for the next turn of the loop; its native object sends at once, which
    // keeps advert, address and gratuitous ARP in order on the wire and lets priority 0 out before we exit.
    send(datagram) {
      try {
        const header = { ...datagram, protocol: VRRP_PROTOCOL, tos: VRRP_TOS };
        const bytes = Buffer.from(encodeIpv4(header));
        socket.wrap.send(bytes, 0, bytes.length, datagram.destination, () => undefined);
        return ok(undefined);
      } catch (error) {
        return err(reason(error));
      }
    },
    drain() {
      for (let taken = 0; taken < DRAIN_LIMIT; taken++) {
        try {
          socket.wrap.recv(buffer, (from, bytes) => {
            receive(from.subarray(0, bytes));
          });
        } catch (error) {
          if (reason(error) !== NOTHING_WAITS) options.onError(reason(error));
          return;
        }
      }
    },
    pause(isPaused) {
      if (isPaused) socket.pauseRecv();
      else socket.resumeRecv();
    },
    close: () => socket.close(),
  });
}

/** struct ip_mreqn: group, local address (any), interface index in host order. */
function mreqn(group: Ip, ifindex: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.set(ipBytes(group), 0);
  bytes.writeInt32LE(ifindex, 8);
  return bytes;
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
