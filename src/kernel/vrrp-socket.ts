import { getSystemErrorName } from 'node:util';
import rawSocket from 'raw-socket';
import { type Family, type Ip, ipBytes } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Datagram } from '../wire/datagram.ts';
import { decodeIpv4, encodeIpv4 } from '../wire/ipv4.ts';
import { VRRP_PROTOCOL, VRRP_TOS } from '../wire/vrrp.ts';
import { encodeVrrpFilter, type VrrpFilter } from '../wire/vrrp-filter.ts';
import { openIpSocket } from './ip-socket.ts';
import { native } from './native.ts';
import { openGuarded } from './socket-guard.ts';

/** The VRRP packets of one interface and family. */
export interface VrrpSocket {
  /**
   * Sends a datagram with this source, destination and TTL at once; the error is the system's words. One that was sent
   * before is not encoded again.
   */
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
/** Datagrams that are read with one system call. */
const MANY = 64;

/** Opens the raw socket of `interface` and joins the groups there. Needs CAP_NET_RAW. */
export function openVrrpSocket(options: VrrpSocketOptions): Result<VrrpSocket, string> {
  const { family } = options;
  const opened = openGuarded(family, VRRP_PROTOCOL, () =>
    family === 'inet' ? openIpv4(options) : openIpv6(options),
  );
  if (!opened.ok) return opened;
  const { socket, guard, descriptor } = opened.value;
  const reads = socket.readsFrom(descriptor);
  if (!reads.ok) {
    socket.close();
    return reads;
  }
  let closed = false;
  return ok({
    send: socket.send,
    drain: socket.drain,
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

/** What sends and receives, of either family. */
interface Plain extends Omit<VrrpSocket, 'guard'> {
  /** While it is paused, it receives on drain() only. */
  pause(isPaused: boolean): void;
  /** Nothing is received before; the error is why nothing can be. */
  readsFrom(descriptor: Result<number, string>): Result<void, string>;
}

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
    readsFrom: () => ok(undefined),
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
  let from: number | null = null;
  const waiting: Result<Datagram, 'ip_header'>[] = [];
  // The package reads one datagram at a time, and throws when there is none. Whoever hears of one may drain again: what
  // was read before is heard before.
  const drain = () => {
    for (let taken = 0; taken < DRAIN_LIMIT; taken += MANY) {
      const count = from === null ? 0 : native.receiveMany(from, places, lengths);
      if (count < 0) return options.onError(getSystemErrorName(count));
      for (let i = 0; i < count; i++) waiting.push(readPlace(i));
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) options.onDatagram(next);
      if (count < MANY) return;
    }
  };
  socket.wrap.removeAllListeners('recvReady');
  socket.wrap.on('recvReady', drain);
  socket.on('error', (error) => options.onError(error.message));
  const encoded = new WeakMap<Datagram, Buffer>();
  const encode = (datagram: Datagram): Buffer => {
    const known = encoded.get(datagram);
    if (known !== undefined) return known;
    const bytes = Buffer.from(encodeIpv4({ ...datagram, protocol: VRRP_PROTOCOL, tos: VRRP_TOS }));
    encoded.set(datagram, bytes);
    return bytes;
  };
  return ok({
    // The package's own send() waits for the next turn of the loop; its native object sends at once, which
    // keeps advert, address and gratuitous ARP in order on the wire and lets priority 0 out before we exit.
    send(datagram) {
      try {
        const bytes = encode(datagram);
        socket.wrap.send(bytes, 0, bytes.length, datagram.destination, IGNORED);
        return ok(undefined);
      } catch (error) {
        return err(reason(error));
      }
    },
    drain,
    readsFrom(descriptor) {
      if (!descriptor.ok) return err(`cannot read from a raw socket without /proc: ${descriptor.error}`);
      from = descriptor.value;
      return ok(undefined);
    },
    pause(isPaused) {
      if (isPaused) socket.pauseRecv();
      else socket.resumeRecv();
    },
    close() {
      from = null;
      waiting.length = 0;
      socket.close();
    },
  });
}

// One for all sockets: what was read is copied before anybody hears of it.
const places = new Uint8Array(MANY * BUFFER);
const lengths = new Uint32Array(MANY);

function readPlace(i: number): Result<Datagram, 'ip_header'> {
  const ip = decodeIpv4(places.slice(i * BUFFER, i * BUFFER + (lengths[i] ?? 0)));
  if (!ip.ok) return ip;
  const { source, destination, ttl, payload } = ip.value;
  return ok({ source, destination, ttl, payload });
}

/** struct ip_mreqn: group, local address (any), interface index in host order. */
function mreqn(group: Ip, ifindex: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.set(ipBytes(group), 0);
  bytes.writeInt32LE(ifindex, 8);
  return bytes;
}

const IGNORED = () => undefined;
const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
