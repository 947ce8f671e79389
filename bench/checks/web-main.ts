// A web server on port 80 of all addresses of its host; says so when it listens.
import { createServer } from 'node:http';

createServer((_request, response) => response.end('well\n')).listen(80, () =>
  process.stdout.write('listens\n'),
);
