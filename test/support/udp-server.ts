import { createSocket, type RemoteInfo } from 'node:dgram';

export interface UdpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A server on 127.0.0.1, or another address, that answers each datagram as it is told to, if at all. */
export async function serveUdp(
  answer: (question: Buffer, reply: (bytes: Uint8Array) => void, from: RemoteInfo) => void,
  address = '127.0.0.1',
): Promise<UdpServer> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (bytes, from) =>
    answer(bytes, (reply) => socket.send(reply, from.port, from.address), from),
  );
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  // A test that fails before it closes the server still ends.
  socket.unref();
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function freeUdpPort(): Promise<number> {
  const server = await serveUdp(() => undefined);
  await server.close();
  return server.port;
}
