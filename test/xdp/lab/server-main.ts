// A server of the lab. By HTTP `/` says who it is, `/slow` says so forty times in four seconds, `/slower` in sixteen, and
// `/held` until somebody asks for `/release`; `/large` is a megabyte, and what is posted is answered with its length. By
// UDP, at the addresses that are given, whatever is asked is answered with who it is.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

const DNS = 53;
const LARGE = 1_000_000;
const PAUSES: Readonly<Record<string, number>> = { '/slow': 100, '/slower': 400, '/held': 100 };

const [name = '', ...addresses] = process.argv.slice(2);
const held = new Set<() => void>();

function say(response: ServerResponse, where: string, pause: number): void {
  let left = where === '/held' ? Number.POSITIVE_INFINITY : 40;
  const end = () => {
    clearInterval(timer);
    held.delete(end);
    response.end();
  };
  const timer = setInterval(() => {
    response.write(`${name}\n`);
    if (--left === 0) end();
  }, pause);
  if (where === '/held') held.add(end);
}

const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/plain');
  response.setHeader('connection', 'close');
  const where = request.url ?? '';
  const pause = PAUSES[where];
  if (pause !== undefined) {
    say(response, where, pause);
    return;
  }
  if (request.method === 'POST') {
    let length = 0;
    request.on('data', (bytes: Buffer) => {
      length += bytes.length;
    });
    request.on('end', () => response.end(`${length}\n`));
    return;
  }
  if (where === '/large') {
    response.end(Buffer.alloc(LARGE));
    return;
  }
  if (where === '/release') for (const end of held) end();
  response.end(`${name}\n`);
}).listen(80, '::');
await once(server, 'listening');

for (const address of addresses) {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (_, from) => socket.send(name, from.port, from.address));
  socket.bind(DNS, address);
  await once(socket, 'listening');
}
console.log('listening');
