import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ControlRoutes, controlSocket, openControl } from '../../../src/ipc/control.ts';

const ROUTES: ControlRoutes = {
  '/v1/echo': {
    GET: async ({ query, wantsText }) => ({
      status: 200,
      type: wantsText ? 'text/plain' : 'application/json',
      body: `"${query.get('say')}"`,
    }),
  },
  '/v1/broken': { GET: () => Promise.reject(new Error('out of order')) },
};

function runDir(t: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'lbd-control-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return path.join(dir, 'run');
}

async function open(t: TestContext, dir: string) {
  const control = await openControl(dir, ROUTES);
  if (!control.ok) throw new Error(control.error.message);
  t.after(() => control.value.close());
  return control.value;
}

function send(dir: string, method: string, target: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number | undefined; type: string | undefined; body: string }>(
    (resolve, reject) => {
      const call = request({ socketPath: controlSocket(dir), method, path: target, headers }, (response) => {
        let body = '';
        response.on('data', (piece) => {
          body += piece;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode, type: response.headers['content-type'], body }),
        );
      });
      call.on('error', reject);
      call.end();
    },
  );
}

test('openControl answers its routes and refuses the rest as JSON', async (t) => {
  const dir = runDir(t);
  await open(t, dir);
  assert.deepEqual(await send(dir, 'GET', '/v1/echo?say=hi', { accept: 'text/plain' }), {
    status: 200,
    type: 'text/plain; charset=utf-8',
    body: '"hi"',
  });
  assert.equal((await send(dir, 'GET', '/v1/echo?say=hi')).type, 'application/json; charset=utf-8');
  const refused = async (method: string, target: string) => {
    const { status, body } = await send(dir, method, target);
    return [status, JSON.parse(body).error.code];
  };
  assert.deepEqual(await refused('GET', '/v1/nothing'), [404, 'not_found']);
  assert.deepEqual(await refused('GET', '/constructor'), [404, 'not_found']);
  assert.deepEqual(await refused('GET', '//['), [400, 'bad_request']);
  assert.deepEqual(await refused('DELETE', '/v1/echo'), [405, 'method_not_allowed']);
  assert.deepEqual(await refused('GET', '/v1/broken'), [500, 'internal']);
});

test('openControl lets only the owner and the group in', async (t) => {
  const dir = runDir(t);
  await open(t, dir);
  assert.equal(statSync(dir).mode & 0o777, 0o750);
  assert.equal(statSync(controlSocket(dir)).mode & 0o777, 0o660);
});

test('openControl refuses a run directory that another lbd serves, and leaves that one serving', async (t) => {
  const dir = runDir(t);
  const first = await open(t, dir);
  const second = await openControl(dir, ROUTES);
  assert.equal(!second.ok && second.error.code, 'already_running');
  assert.equal((await send(dir, 'GET', '/v1/echo')).status, 200);
  await first.close();
  assert.throws(() => statSync(controlSocket(dir)), { code: 'ENOENT' });
});

test('openControl replaces a socket that nobody answers on', async (t) => {
  const dir = runDir(t);
  mkdirSync(dir);
  const dead = createServer().listen(path.join(dir, 'bound'));
  await once(dead, 'listening');
  // Closing a server removes its file; one that was killed leaves it, as this does.
  renameSync(path.join(dir, 'bound'), controlSocket(dir));
  dead.close();
  await once(dead, 'close');
  assert.ok(statSync(controlSocket(dir)).isSocket());
  await open(t, dir);
  assert.equal((await send(dir, 'GET', '/v1/echo')).status, 200);
});

test('openControl refuses a path that a socket cannot have, and makes nothing', async (t) => {
  const dir = path.join(runDir(t), 'x'.repeat(100));
  const refused = await openControl(dir, ROUTES);
  assert.ok(!refused.ok);
  assert.equal(refused.error.code, 'cannot_listen');
  assert.match(
    refused.error.message,
    /control\.sock is too long for the path of a socket: 107 bytes at most/,
  );
  assert.equal(existsSync(dir), false);
});

/** A server whose only answer has no end; what was begun, and a connection that has asked for it. */
async function openStream(t: TestContext) {
  const dir = runDir(t);
  const begun: ((piece: string) => void)[] = [];
  let ended = 0;
  const control = await openControl(dir, {
    '/v1/flow': {
      GET: async () => ({
        type: 'text/plain' as const,
        begin(write: (piece: string) => void) {
          begun.push(write);
          return () => ended++;
        },
      }),
    },
  });
  if (!control.ok) throw new Error(control.error.message);
  t.after(() => control.value.close());
  const follow = () => {
    const socket = connect(controlSocket(dir));
    socket.on('error', () => undefined);
    socket.write('GET /v1/flow HTTP/1.1\r\nhost: lbd\r\n\r\n');
    t.after(() => socket.destroy());
    return socket;
  };
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  return { dir, begun, ended: () => ended, follow, until };
}

test('openControl cuts off a client that does not read an answer without an end', async (t) => {
  const { begun, ended, follow, until } = await openStream(t);
  const slow = follow();
  slow.pause();
  await until(() => begun.length === 1);
  const piece = 'x'.repeat(64 * 1024);
  let written = 0;
  while (ended() === 0 && written < 1000) {
    begun[0]?.(piece);
    written++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(ended() === 1 && written * piece.length < 4 << 20, `${written} pieces were taken`);
  begun[0]?.(piece);
  assert.equal(ended(), 1);
});

test('openControl serves 16 answers without an end at most, and another when one has left', async (t) => {
  const { dir, begun, ended, follow, until } = await openStream(t);
  const sockets = Array.from({ length: 16 }, follow);
  await until(() => begun.length === 16);
  const refused = await send(dir, 'GET', '/v1/flow');
  assert.deepEqual([refused.status, JSON.parse(refused.body).error.code], [503, 'busy']);
  sockets[0]?.destroy();
  await until(() => ended() === 1);
  follow();
  await until(() => begun.length === 17);
});

/** A server whose only answer has so many pieces of 64 KiB; what was made of it. */
async function openPieces(t: TestContext, count: number, fault: Error | null = null) {
  const dir = runDir(t);
  const made = { pieces: 0, ended: false };
  async function* pieces() {
    try {
      for (; made.pieces < count; made.pieces++) yield 'x'.repeat(65_536);
      if (fault !== null) throw fault;
    } finally {
      made.ended = true;
    }
  }
  const route = { GET: async () => ({ type: 'text/plain' as const, pieces: pieces() }) };
  const control = await openControl(dir, { '/v1/long': route });
  if (!control.ok) throw new Error(control.error.message);
  t.after(() => control.value.close());
  return { dir, made };
}

test('openControl makes a long answer as slowly as it is read, and stops when nobody listens', async (t) => {
  const { dir, made } = await openPieces(t, 1000);
  const socket = connect(controlSocket(dir));
  socket.on('error', () => undefined);
  socket.pause();
  socket.write('GET /v1/long HTTP/1.1\r\nhost: lbd\r\n\r\n');
  let before = -1;
  while (made.pieces === 0 || before !== made.pieces) {
    before = made.pieces;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(
    made.pieces < 50 && !made.ended,
    `${made.pieces} pieces were made for a client that does not read`,
  );
  socket.destroy();
  while (!made.ended) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.ok(made.pieces < 1000);
});

test('openControl sends a long answer whole, or cuts it off where it cannot be made', async (t) => {
  const whole = await openPieces(t, 20);
  assert.equal((await send(whole.dir, 'GET', '/v1/long')).body.length, 20 * 65_536);
  const broken = await openPieces(t, 1, new Error('out of order'));
  const outcome = await new Promise<string>((resolve) => {
    const call = request({ socketPath: controlSocket(broken.dir), path: '/v1/long' }, (response) => {
      response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      response.on('end', () => resolve('whole'));
      response.resume();
    });
    call.on('error', () => resolve('ECONNRESET'));
    call.end();
  });
  assert.equal(outcome, 'ECONNRESET');
});
