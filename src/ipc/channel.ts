/** Every message says what it is. */
export interface Message {
  readonly message: string;
}

/** The side of `child_process.fork` that this process holds: a `ChildProcess`, or `process` itself in the child. */
export interface Peer {
  readonly connected: boolean;
  send?(
    message: unknown,
    sendHandle?: undefined,
    options?: undefined,
    callback?: (error: Error | null) => void,
  ): boolean;
  disconnect?(): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

export interface Channel<Out> {
  /** Never blocks and never grows without bound: see `openChannel`. Without effect once closed. */
  send(message: Out): void;
  /** Sends what is still queued, then disconnects. */
  close(): void;
}

/** What travels: the message, and how many the sender had to drop before it. */
interface Envelope<M> {
  readonly dropped: number;
  readonly body: M;
}

const STREAMED: ReadonlySet<string> = new Set(['event', 'report', 'notice']);
const STREAM_LIMIT = 1000;

/**
 * One side of the channel between core and a child forked with `serialization: 'advanced'` (so that BigInt passes).
 *
 * One message is in flight at a time: `process.send` to a peer that does not read queues without bound, so the
 * next is given to it only after the previous one's callback. What waits is bounded:
 * - events, notices and reports are a stream: in order, the oldest dropped beyond 1000 and the gap counted;
 * - everything else is a state: a newer message replaces a waiting one of its kind.
 *
 * `onMessage` is called with each message and with the number that the peer dropped before it. `onClose` is called
 * once, when the channel is closed by either side; no message follows it.
 */
export function openChannel<Out extends Message, In extends Message>(
  peer: Peer,
  onMessage: (message: In, dropped: number) => void,
  onClose: () => void,
): Channel<Out> {
  let waiting: Out[] = [];
  let dropped = 0;
  let inFlight = false;
  let closing = false;
  let closed = false;

  const finish = () => {
    if (closed) return;
    closed = true;
    waiting = [];
    onClose();
  };

  const disconnect = () => {
    if (peer.connected) peer.disconnect?.();
    else finish();
  };

  const pump = () => {
    if (inFlight || closed) return;
    const body = waiting.shift();
    if (body === undefined) {
      if (closing) disconnect();
      return;
    }
    if (peer.send === undefined || !peer.connected) return finish();
    inFlight = true;
    const envelope: Envelope<Out> = { dropped, body };
    dropped = 0;
    peer.send(envelope, undefined, undefined, (error) => {
      inFlight = false;
      if (error === null || error === undefined) pump();
      else disconnect();
    });
  };

  const bound = (kind: string) => {
    if (!STREAMED.has(kind)) {
      waiting = waiting.filter((other) => other.message !== kind);
    } else if (waiting.filter((other) => STREAMED.has(other.message)).length >= STREAM_LIMIT) {
      waiting.splice(
        waiting.findIndex((other) => STREAMED.has(other.message)),
        1,
      );
      dropped++;
    }
  };

  peer.on('message', (message) => {
    if (closed) return;
    const envelope = message as Envelope<In>;
    onMessage(envelope.body, envelope.dropped);
  });
  peer.on('disconnect', finish);

  return {
    send(message) {
      if (closing || closed) return;
      bound(message.message);
      waiting.push(message);
      pump();
    },
    close() {
      closing = true;
      pump();
    },
  };
}
