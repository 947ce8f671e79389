// A server of the lab: `/` says who it is, `/slow` says so forty times in four seconds, `/slower` in sixteen.
import { createServer } from 'node:http';

const name = process.argv[2] ?? '';
createServer((request, response) => {
  response.setHeader('content-type', 'text/plain');
  response.setHeader('connection', 'close');
  const pause = { '/slow': 100, '/slower': 400 }[request.url ?? ''];
  if (pause === undefined) {
    response.end(`${name}\n`);
    return;
  }
  let left = 40;
  const timer = setInterval(() => {
    response.write(`${name}\n`);
    if (--left > 0) return;
    clearInterval(timer);
    response.end();
  }, pause);
}).listen(80, '0.0.0.0', () => console.log('listening'));
