// Not the package's main file, which also loads 10,000 generated lines: 90 ms of CPU at every start.
import { RawNetlinkSocket } from 'netlink/dist/raw.js';
import { err, ok, type Result } from '../base/result.ts';
import { type KernelError, kernelError } from './error.ts';
import { native } from './native.ts';
import {
  type NetlinkOptions,
  NetlinkSocket,
  type NetlinkTransport,
  type TransportListener,
} from './netlink-socket.ts';

/** linux/netlink.h */
const PROTOCOLS = { route: 0, generic: 16 } as const;

const NETLINK_NO_ENOBUFS = 5;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
/** asm-generic/errno.h */
const ENOBUFS = 105;
const EINTR = 4;
const EAGAIN = 11;
const EMSGSIZE = 90;
/** The kernel cuts the parts of a dump to the buffer, up to 32 KB (netlink_recvmsg in af_netlink.c). */
const LARGEST_PART = 1 << 15;

/** Above the default of net.core.rmem_max, which caps it but for IPVS: for the refusals of a datagram of changes, each of 1 KB at most. */
const RECEIVE_BUFFER = 1 << 20;

/**
 * A socket to the kernel's part for `protocol`, a member of the given multicast groups (by number, as in
 * RTNLGRP_LINK). It keeps the event loop alive until it is closed.
 */
export function openNetlink(
  protocol: keyof typeof PROTOCOLS,
  options: NetlinkOptions & { readonly groups?: readonly number[] } = {},
): Result<NetlinkSocket, KernelError> {
  try {
    return ok(
      new NetlinkSocket((listener) => connect(PROTOCOLS[protocol], options.groups ?? [], listener), options),
    );
  } catch (error) {
    if (error instanceof Error && 'errno' in error && typeof error.errno === 'number')
      return err(kernelError(Math.abs(error.errno)));
    throw error;
  }
}

function connect(protocol: number, groups: readonly number[], listener: TransportListener): NetlinkTransport {
  // With peeking, each datagram gets a buffer of its own size instead of one of the largest.
  const socket = new RawNetlinkSocket(protocol, { recvBufferSize: RECEIVE_BUFFER, sendBufferSize: 0 });
  const { port } = socket.address();
  const descriptor = succeed(native.findNetlinkSocket(protocol, port));
  // netlink 0.3.0 aborts the process when poll reports an error, which an overrun is (its ErrnoException is
  // given no syscall name). So the kernel is told to keep quiet about overruns, and its count of them is read.
  succeed(native.enableNetlinkOption(descriptor, NETLINK_NO_ENOBUFS));
  succeed(native.enableNetlinkOption(descriptor, NETLINK_EXT_ACK));
  succeed(native.enableNetlinkOption(descriptor, NETLINK_CAP_ACK));
  // Thousands of changes are made of IPVS alone. Without the capability nothing can be changed anyway.
  if (protocol === PROTOCOLS.generic) native.growReceiveBuffer(descriptor, RECEIVE_BUFFER);
  let drops = 0;
  socket.on('error', (error) => listener.failed(Math.abs(error.errno)));
  const deliver: TransportListener['received'] = (datagram, from) => {
    // Drops come while the buffer is full, so some datagram always arrives after one.
    const dropped = native.socketDrops(descriptor);
    if (dropped !== drops) {
      drops = dropped;
      listener.failed(ENOBUFS);
    }
    listener.received(datagram, from);
  };
  socket.on('message', deliver);
  for (const group of groups) socket.addMembership(group);
  return {
    port,
    receiveBuffer: socket.getRecvBufferSize(),
    ...(protocol === PROTOCOLS.generic
      ? atOnce(descriptor, deliver, listener)
      : {
          send: (datagram, refused) =>
            socket.send(datagram, {}, (error) => {
              if (error !== undefined) refused(Math.abs(error.errno));
            }),
        }),
    // netlink 0.3.0 goes on to use its poll handle after a callback that closed the socket.
    close: () => setImmediate(() => socket.close()),
  };
}

/**
 * Generic netlink is asked and nothing else, and the answer waits when the question was sent. netlink 0.3.0 sends and receives one
 * datagram in a turn of the loop.
 */
function atOnce(
  descriptor: number,
  deliver: TransportListener['received'],
  listener: TransportListener,
): Required<Pick<NetlinkTransport, 'send' | 'collect'>> {
  const buffer = new Uint8Array(LARGEST_PART);
  const from = new Uint32Array(2);
  return {
    send(datagram, refused) {
      const sent = native.sendNetlink(descriptor, datagram);
      if (sent < 0) refused(-sent);
    },
    collect() {
      for (;;) {
        const length = native.receiveNetlink(descriptor, buffer, from);
        if (length === -EINTR) continue;
        if (length === -EAGAIN) return;
        if (length < 0 || length > buffer.length) return listener.failed(length < 0 ? -length : EMSGSIZE);
        const [port = 0, groups = 0] = from;
        deliver(buffer.slice(0, length), { port, groups });
      }
    },
  };
}

function succeed(result: number): number {
  if (result < 0) throw new Error(`cannot set up a netlink socket: ${kernelError(-result).message}`);
  return result;
}
