import type { NetlinkTransport, TransportListener } from '../../src/kernel/netlink-socket.ts';
import { decodeMessages, encodeMessages, type NetlinkMessage, NLMSG_ERROR } from '../../src/wire/netlink.ts';

export interface Delivery {
  readonly messages: readonly NetlinkMessage[];
  /** Of the sender; the kernel is 0. */
  readonly port?: number;
  readonly groups?: number;
  /** Report an overrun just before, as the real transport does. */
  readonly overrun?: boolean;
}

/** asm-generic/errno.h */
const ENOBUFS = 105;

/** Our own port in the fake. */
export const PORT = 4242;

/** The other end of a netlink socket: datagrams arrive on later turns of the loop, one each, or wait until they are collected. */
export class FakeKernel implements NetlinkTransport {
  readonly port = PORT;
  readonly receiveBuffer: number;
  /** Every datagram sent, as its messages. */
  readonly sent: (readonly NetlinkMessage[])[] = [];
  closed = false;
  readonly collect?: () => void;
  readonly #answer: (messages: readonly NetlinkMessage[], kernel: FakeKernel) => readonly Delivery[];
  readonly #waiting: Delivery[] = [];
  #listener: TransportListener | null = null;

  constructor(
    answer: (messages: readonly NetlinkMessage[], kernel: FakeKernel) => readonly Delivery[],
    receiveBuffer = 1 << 20,
    isCollected = false,
  ) {
    this.#answer = answer;
    this.receiveBuffer = receiveBuffer;
    if (isCollected) this.collect = () => this.#waiting.splice(0).forEach((each) => void this.#arrive(each));
  }

  readonly connect = (listener: TransportListener): NetlinkTransport => {
    this.#listener = listener;
    return this;
  };

  send(datagram: Uint8Array, refused: (errno: number) => void): void {
    const messages = decodeMessages(datagram);
    if (!messages.ok) {
      setImmediate(() => refused(22));
      return;
    }
    this.sent.push(messages.value);
    const answers = this.#answer(messages.value, this);
    if (this.collect === undefined) this.#deliver([...answers]);
    else this.#waiting.push(...answers);
  }

  fail(errno: number): void {
    this.#listener?.failed(errno);
  }

  close(): void {
    this.closed = true;
  }

  #deliver(deliveries: Delivery[]): void {
    const next = deliveries.shift();
    if (next === undefined) return;
    setImmediate(() => {
      this.#arrive(next);
      this.#deliver(deliveries);
    });
  }

  #arrive({ messages, port = 0, groups = 0, overrun = false }: Delivery): void {
    if (overrun) this.fail(ENOBUFS);
    this.#listener?.received(encodeMessages(messages), { port, groups });
  }
}

/** The NLMSG_ERROR that answers a request; 0 acknowledges. */
export function status(request: NetlinkMessage, errno: number): NetlinkMessage {
  const payload = new Uint8Array(20);
  new DataView(payload.buffer).setInt32(0, -errno, true);
  return { type: NLMSG_ERROR, flags: 0, seq: request.seq, port: PORT, payload };
}

/** A message that answers a request with data. */
export const data = (request: NetlinkMessage, type: number, flags = 0): NetlinkMessage => ({
  type,
  flags,
  seq: request.seq,
  port: PORT,
  payload: new Uint8Array(4),
});
