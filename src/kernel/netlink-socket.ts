import { err, ok, type Result } from '../base/result.ts';
import {
  decodeDone,
  decodeMessages,
  decodeStatus,
  encodeMessages,
  type NetlinkMessage,
  NLM_F,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '../wire/netlink.ts';
import { NetlinkWriter } from '../wire/netlink-writer.ts';
import { type KernelError, kernelError } from './error.ts';

/** A message without what the socket itself fills in: sequence number, port, and the flags that shape the answer. */
export interface NetlinkRequest {
  readonly type: number;
  /** NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE; REQUEST, ACK and DUMP are added by the socket. */
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** The two ends of a netlink socket: the real one is in netlink.ts. */
export interface NetlinkTransport {
  /** Our own port number, which answers to us carry. */
  readonly port: number;
  /** Bytes of memory for answers that have not been read yet (SO_RCVBUF as the kernel reports it). */
  readonly receiveBuffer: number;
  /** Hands a datagram over, before it returns if nothing else waits; `refused` may be called, with an errno. */
  send(datagram: Uint8Array, refused: (errno: number) => void): void;
  /** Gives what has arrived to the listener before it returns. Without it that comes with a turn of the loop. */
  collect?(): void;
  close(): void;
}

export interface TransportListener {
  received(datagram: Uint8Array, from: { readonly port: number; readonly groups: number }): void;
  /** Positive errno of a failed receive; ENOBUFS is an overrun. */
  failed(errno: number): void;
}

export interface NetlinkOptions {
  /** Multicast messages, and those that answer nothing in flight. */
  readonly onNotification?: (message: NetlinkMessage) => void;
  /** Notifications were lost: what they told has to be dumped. */
  readonly onOverrun?: () => void;
}

const ENOBUFS = 105;
const DUMP_ATTEMPTS = 5;
const ANSWER_TIMEOUT_MS = 5000;
/** So that a datagram stays small, and its answers fit half the buffer even if every request fails. */
const DATAGRAM_LIMIT = 60_000;
/** What an answer takes of the receive buffer: 834 bytes on Linux 6.18, where the request is not echoed. */
const ANSWER_MEMORY = 1024;
/** Datagrams after which others have their turn: some milliseconds of changes to IPVS. */
const BURST = 8;
/** What a change to IPVS takes; most others take less. */
const USUAL_CHANGE = 160;

/** One datagram in flight and what becomes of the answers. */
interface Flight {
  /** The datagram with sequence numbers from `first` on; called once, when the flight's turn has come. */
  launch(first: number): { readonly datagram: Uint8Array; readonly messages: number };
  /** Says whether more is expected. */
  answer(message: NetlinkMessage): 'more' | 'landed';
  /** Nothing more will come: everything unresolved ends with this. */
  fail(error: KernelError): void;
}

/**
 * Requests to the kernel, in order, one datagram in flight at a time. An operation that finds the socket idle
 * hands its first datagram to the kernel before it returns.
 *
 * Only datagrams from the kernel (port 0) count; what cannot be read or belongs to nothing is counted in `ignored`.
 */
export class NetlinkSocket {
  readonly ignored = { foreign: 0, malformed: 0, unmatched: 0 };
  readonly #transport: NetlinkTransport;
  readonly #options: NetlinkOptions;
  readonly #queue: Flight[] = [];
  #flight: Flight | null = null;
  #first = 0;
  #last = 0;
  #sequence = 1;
  #overrun = false;
  #received = 0;
  #timer: NodeJS.Timeout | null = null;
  /** Datagrams are being sent, or others have their turn before the next. */
  #isBusy = false;
  #closed = false;

  constructor(connect: (listener: TransportListener) => NetlinkTransport, options: NetlinkOptions = {}) {
    this.#options = options;
    this.#transport = connect({
      received: (datagram, from) => this.#receive(datagram, from),
      failed: (errno) => this.#receiveFailed(errno),
    });
  }

  /** The number that messages about our own changes carry. */
  get port(): number {
    return this.#transport.port;
  }

  /** All messages of a dump. It is asked for again, a few times, when it was interrupted or answers were lost. */
  dump(request: NetlinkRequest): Promise<Result<readonly NetlinkMessage[], KernelError>> {
    return new Promise((resolve) => this.#enqueue(this.#dumpFlight(request, DUMP_ATTEMPTS, resolve)));
  }

  /** The one message that answers a question which is not a dump. */
  ask(request: NetlinkRequest): Promise<Result<NetlinkMessage, KernelError>> {
    return new Promise((resolve) => {
      this.#enqueue({
        launch: (seq) => this.#alone(request, seq, NLM_F.REQUEST),
        answer: (message) => {
          if (message.type === NLMSG_ERROR) resolve(err(statusError(message) ?? malformed));
          else resolve(ok(message));
          return 'landed';
        },
        fail: (error) => resolve(err(error)),
      });
    });
  }

  /**
   * Changes, in order, many to a datagram; the outcome of each in the same order. One that fails does not keep
   * those after it from being tried. `overrun` and `timeout` mean that the outcome is unknown: dump and plan again.
   */
  perform(requests: readonly NetlinkRequest[]): Promise<readonly Result<void, KernelError>[]> {
    return this.performEach(
      requests,
      (writer) =>
        ({ type, flags, payload }) =>
          writer.message(type, flags, payload),
    );
  }

  /** The same for changes that write themselves, a message each: `writing` is asked for each datagram that is to be sent. */
  performEach<T>(
    changes: readonly T[],
    writing: (writer: NetlinkWriter) => (change: T) => void,
  ): Promise<readonly Result<void, KernelError>[]> {
    if (changes.length === 0) return Promise.resolve([]);
    return new Promise((resolve) => {
      const outcomes = new Array<Result<void, KernelError>>(changes.length).fill(DONE);
      this.#enqueue(this.#changesFlight(changes, writing, 0, outcomes, () => resolve(outcomes)));
    });
  }

  /** Ends what is in flight or waits with `closed`. Harmless when done twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#transport.close();
    const waiting = this.#flight === null ? this.#queue : [this.#flight, ...this.#queue];
    this.#flight = null;
    for (const flight of waiting.splice(0)) flight.fail(closed);
  }

  /** A datagram of changes from `start` on; those that it has no room for are the next flight. */
  #changesFlight<T>(
    changes: readonly T[],
    writing: (writer: NetlinkWriter) => (change: T) => void,
    start: number,
    outcomes: Result<void, KernelError>[],
    finish: () => void,
  ): Flight {
    let first = 0;
    let end = start;
    const land = (unresolved: KernelError | null): void => {
      // A closed socket takes no further datagram.
      const until = unresolved === closed ? changes.length : end;
      for (let i = start; unresolved !== null && i < until; i++) {
        if (outcomes[i] === DONE) outcomes[i] = err(unresolved);
      }
      if (until === changes.length) finish();
      else this.#queue.unshift(this.#changesFlight(changes, writing, end, outcomes, finish));
    };
    return {
      launch: (seq) => {
        first = seq;
        const most = Math.max(1, Math.floor(this.#transport.receiveBuffer / 2 / ANSWER_MEMORY));
        const last = Math.min(changes.length, start + most);
        const likely = Math.min(DATAGRAM_LIMIT, (last - start) * USUAL_CHANGE);
        const writer = new NetlinkWriter(this.#transport.port, seq, likely);
        const write = writing(writer);
        for (; end < last; end++) {
          write(changes[end] as T);
          if (writer.length <= DATAGRAM_LIMIT || end === start) continue;
          writer.drop();
          break;
        }
        return { datagram: writer.datagram(), messages: end - start };
      },
      answer: (message) => {
        const index = start + message.seq - first;
        const error = statusError(message);
        if (error !== null) outcomes[index] = err(error);
        if (index < end - 1) return 'more';
        land(this.#overrun ? overrun : null);
        return 'landed';
      },
      fail: land,
    };
  }

  #dumpFlight(
    request: NetlinkRequest,
    attempts: number,
    resolve: (result: Result<readonly NetlinkMessage[], KernelError>) => void,
  ): Flight {
    const messages: NetlinkMessage[] = [];
    let interrupted = false;
    const retry = (error: KernelError): void => {
      if (attempts > 1) this.#queue.unshift(this.#dumpFlight(request, attempts - 1, resolve));
      else resolve(err(error));
    };
    return {
      launch: (seq) => this.#alone(request, seq, NLM_F.REQUEST | NLM_F.DUMP),
      answer: (message) => {
        if ((message.flags & NLM_F.DUMP_INTR) !== 0) interrupted = true;
        if (message.type !== NLMSG_DONE && message.type !== NLMSG_ERROR) {
          messages.push(message);
          return 'more';
        }
        const error = statusError(message);
        if (error !== null) resolve(err(error));
        else if (this.#overrun) retry(overrun);
        else if (interrupted) retry(changing);
        else resolve(ok(messages));
        return 'landed';
      },
      fail: (error) => (error.code === 'overrun' ? retry(error) : resolve(err(error))),
    };
  }

  #alone(request: NetlinkRequest, seq: number, flags: number): ReturnType<Flight['launch']> {
    const message = { ...request, seq, flags: request.flags | flags, port: this.#transport.port };
    return { datagram: encodeMessages([message]), messages: 1 };
  }

  #enqueue(flight: Flight): void {
    if (this.#closed) {
      flight.fail(closed);
      return;
    }
    this.#queue.push(flight);
    this.#next();
  }

  #next(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let sent = 0; this.#flight === null && !this.#closed; sent++) {
        if (sent === BURST && this.#queue.length > 0) {
          setImmediate(() => {
            this.#isBusy = false;
            this.#next();
          });
          return;
        }
        const flight = this.#queue.shift();
        if (flight === undefined) break;
        this.#launch(flight);
      }
    } catch (error) {
      this.#isBusy = false;
      throw error;
    }
    this.#isBusy = false;
  }

  #launch(flight: Flight): void {
    // 2^31 leaves room for a batch; 0 is what notifications carry.
    if (this.#sequence > 0x7fffffff) this.#sequence = 1;
    const { datagram, messages } = flight.launch(this.#sequence);
    this.#flight = flight;
    this.#overrun = false;
    this.#first = this.#sequence;
    this.#last = this.#first + messages - 1;
    this.#sequence += messages;
    this.#transport.send(datagram, (errno) => this.#fail(flight, kernelError(errno)));
    this.#transport.collect?.();
    if (this.#flight === flight)
      this.#timer = setTimeout(() => this.#judge(flight, timedOut), ANSWER_TIMEOUT_MS);
  }

  #land(): void {
    this.#flight = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#next();
  }

  #fail(flight: Flight, error: KernelError): void {
    if (this.#flight !== flight) return;
    flight.fail(error);
    this.#land();
  }

  /** Fails the flight once a whole turn of the loop has brought no datagram: answers may still wait unread. */
  #judge(flight: Flight, error: KernelError): void {
    const received = this.#received;
    setImmediate(() => {
      if (this.#flight !== flight) return;
      if (this.#received === received) this.#fail(flight, error);
      else this.#judge(flight, error);
    });
  }

  #receive(datagram: Uint8Array, from: { readonly port: number; readonly groups: number }): void {
    if (this.#closed) return;
    this.#received++;
    if (from.port !== 0) {
      this.ignored.foreign++;
      return;
    }
    const messages = decodeMessages(datagram);
    if (!messages.ok) {
      this.ignored.malformed++;
      return;
    }
    for (const message of messages.value) {
      if (from.groups === 0 && this.#answers(message)) {
        if (this.#flight?.answer(message) === 'landed') this.#land();
      } else if (this.#options.onNotification !== undefined && message.type > NLMSG_DONE) {
        this.#options.onNotification(message);
      } else {
        this.ignored.unmatched++;
      }
    }
  }

  #answers(message: NetlinkMessage): boolean {
    const { seq, port } = message;
    return this.#flight !== null && port === this.#transport.port && seq >= this.#first && seq <= this.#last;
  }

  #receiveFailed(errno: number): void {
    if (this.#closed) return;
    const flight = this.#flight;
    if (errno !== ENOBUFS) {
      if (flight !== null) this.#fail(flight, kernelError(errno));
      return;
    }
    this.#overrun = true;
    if (flight !== null) this.#judge(flight, overrun);
    this.#options.onOverrun?.();
  }
}

const DONE: Result<void, KernelError> = ok(undefined);
const overrun: KernelError = { code: 'overrun', errno: ENOBUFS, message: 'the kernel had to drop answers' };
const timedOut: KernelError = { code: 'timeout', errno: 0, message: 'the kernel did not answer' };
const changing: KernelError = {
  code: 'interrupted',
  errno: 0,
  message: 'the table changed during every dump',
};
const closed: KernelError = { code: 'closed', errno: 0, message: 'the netlink socket was closed' };
const malformed: KernelError = { code: 'malformed', errno: 0, message: 'the answer cannot be read' };

/** The error in an NLMSG_ERROR or NLMSG_DONE, null for success. */
function statusError(message: NetlinkMessage): KernelError | null {
  const status = message.type === NLMSG_DONE ? decodeDone(message) : decodeStatus(message);
  if (!status.ok) return malformed;
  return status.value.errno === 0 ? null : kernelError(status.value.errno, status.value.text);
}
