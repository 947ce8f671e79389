import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { parseIp } from '../../../src/base/ip.ts';
import { ok } from '../../../src/base/result.ts';
import type { Reach } from '../../../src/model/check.ts';

/** No probe here has an interface or a mark. */
export const noSocket = () => ok(-1);

export function reach(port: number, address = '127.0.0.1'): Reach {
  const target = parseIp(address);
  if (target === null) throw new Error(`${address} is no address`);
  const source = { address: null, port: null, interface: null, fwmark: null };
  return { target: { address: target, port }, source };
}

/** A server on loopback that does `behave` with each connection. */
export class Peer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** All that was received, of all connections. */
  received = '';
  connections = 0;

  constructor(behave: (socket: Socket) => void) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      this.connections++;
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('data', (bytes) => {
        this.received += bytes.toString('latin1');
      });
      behave(socket);
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Runs `use` with a server that does `behave`. */
export async function withPeer<T>(
  behave: (socket: Socket) => void,
  use: (port: number, peer: Peer) => Promise<T>,
): Promise<T> {
  const peer = new Peer(behave);
  try {
    return await use(await peer.listen(), peer);
  } finally {
    await peer.close();
  }
}

/** Writes `bytes` again and again, as fast as it is read. */
export function flood(socket: Socket, bytes: Uint8Array): void {
  const write = () => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', write);
  write();
}

/** Writes one byte of `bytes` every `ms`, and begins again at its end. */
export function drip(socket: Socket, bytes: Uint8Array, ms: number): void {
  let at = 0;
  const timer = setInterval(
    () => socket.write(bytes.subarray(at % bytes.length, (at++ % bytes.length) + 1)),
    ms,
  );
  socket.on('close', () => clearInterval(timer));
}
