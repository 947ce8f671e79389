// Not the package's main file, which also loads 10,000 generated lines: 90 ms of CPU at every start.
import { RawNetlinkSocket } from 'netlink/dist/raw.js';
import { err, ok, type Result } from '../base/result.ts';
import { decodeMessages, encodeMessages, NLMSG_DONE } from '../wire/netlink.ts';
import { decodeProcessEvent, encodeProcessRequest, type ProcessEvent } from '../wire/process-event.ts';
import { type KernelError, kernelError } from './error.ts';
import { native } from './native.ts';

export interface ProcessEventListener {
  event(event: ProcessEvent): void;
  /** Events were lost: only a look at /proc tells what runs now. */
  overrun(): void;
}

export interface ProcessEvents {
  close(): void;
}

/** linux/netlink.h */
const NETLINK_CONNECTOR = 11;
const NETLINK_NO_ENOBUFS = 5;
/** The multicast group of process events, linux/connector.h CN_IDX_PROC. */
const GROUP = 1;
/** A build of a large program forks thousands of times a second; capped by net.core.rmem_max. */
const RECEIVE_BUFFER = 1 << 20;
const ANSWER_TIMEOUT_MS = 500;

/**
 * The kernel's stream of process starts and ends, for all processes of the machine; needs CAP_NET_ADMIN.
 *
 * Errors: `other` with ECONNREFUSED, because the kernel has the connector in its first network namespace only; `timeout`
 * in another pid or user namespace, where it does not answer (cn_proc.c, cn_proc_mcast_ctl) and its process ids would be
 * strange ones. Both measured on Linux 6.18.
 */
export function openProcessEvents(
  listener: ProcessEventListener,
): Promise<Result<ProcessEvents, KernelError>> {
  let socket: RawNetlinkSocket;
  try {
    socket = new RawNetlinkSocket(NETLINK_CONNECTOR, { recvBufferSize: RECEIVE_BUFFER, sendBufferSize: 0 });
  } catch (error) {
    if (error instanceof Error && 'errno' in error && typeof error.errno === 'number')
      return Promise.resolve(err(kernelError(Math.abs(error.errno))));
    throw error;
  }
  const { port } = socket.address();
  const descriptor = succeed(native.findNetlinkSocket(NETLINK_CONNECTOR, port));
  // As in netlink.ts: an overrun that poll reports would abort the process, so the kernel's count is read instead.
  succeed(native.enableNetlinkOption(descriptor, NETLINK_NO_ENOBUFS));

  const request = (operation: 'listen' | 'ignore', failed: (error: KernelError) => void) =>
    socket.send(
      encodeMessages([
        { type: NLMSG_DONE, flags: 0, seq: 0, port, payload: encodeProcessRequest(operation, port) },
      ]),
      {},
      (error) => {
        if (error !== undefined) failed(kernelError(Math.abs(error.errno)));
      },
    );
  // netlink 0.3.0 goes on to use its poll handle after a callback that closed the socket.
  const closeSoon = () => setImmediate(() => socket.close());

  return new Promise((resolve) => {
    let answered = false;
    let drops = 0;
    const answer = (result: Result<ProcessEvents, KernelError>) => {
      if (answered) return;
      answered = true;
      clearTimeout(timer);
      if (!result.ok) closeSoon();
      resolve(result);
    };
    const timer = setTimeout(
      () => answer(err({ code: 'timeout', errno: 0, message: 'the kernel did not answer' })),
      ANSWER_TIMEOUT_MS,
    );
    const close = () => {
      // The kernel counts its listeners, and makes events while there are any: a listener that only closes its
      // socket is counted for ever (before Linux 6.6).
      request('ignore', () => undefined);
      closeSoon();
    };
    socket.on('error', (error) => answer(err(kernelError(Math.abs(error.errno)))));
    socket.on('message', (datagram, from) => {
      if (from.port !== 0) return;
      const dropped = native.socketDrops(descriptor);
      const lost = dropped !== drops;
      drops = dropped;
      const messages = decodeMessages(datagram);
      if (!messages.ok) return listener.overrun();
      for (const { payload } of messages.value) {
        const event = decodeProcessEvent(payload);
        if (!event.ok) continue;
        if (event.value.what !== 'answer') {
          if (answered) listener.event(event.value);
        } else if (event.value.acknowledges === port) {
          const { errno } = event.value;
          answer(errno === 0 ? ok({ close }) : err(kernelError(errno)));
        }
      }
      if (lost && answered) listener.overrun();
    });
    socket.addMembership(GROUP);
    request('listen', (error) => answer(err(error)));
  });
}

function succeed(result: number): number {
  if (result < 0) throw new Error(`cannot set up a netlink socket: ${kernelError(-result).message}`);
  return result;
}
