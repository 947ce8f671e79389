import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import type { HttpExpectation, HttpProbe, HttpRequest } from '../../../src/model/check.ts';
import { probeHttp } from '../../../src/probes/http.ts';
import { drip, flood, noSocket, reach, withPeer } from './peers.ts';

const TIMEOUT = millis(300);
const text = (bytes: string) => Buffer.from(bytes, 'latin1');

const config = (port: number, change: Partial<HttpProbe> = {}): HttpProbe => ({
  ...reach(port),
  type: 'http',
  tls: null,
  version: '1.0',
  requests: [],
  fastRecovery: false,
  ...change,
});

const request = (expect: Partial<HttpExpectation> = {}): HttpRequest => ({
  method: 'GET',
  path: '/health',
  host: null,
  headers: [],
  expect: { status: [[200, 299]], digest: null, body: null, ...expect },
});

async function probe(
  behave: (socket: Socket) => void,
  expect: Partial<HttpExpectation> = {},
  version: HttpProbe['version'] = '1.0',
) {
  const descriptors = readdirSync('/proc/self/fd').length;
  return withPeer(behave, async (port, peer) => {
    const outcome = await probeHttp(config(port, { version }), request(expect), TIMEOUT, noSocket);
    await new Promise((resolve) => setTimeout(resolve, 10));
    // The listening socket, and what its side of the connection may still be.
    assert.ok(readdirSync('/proc/self/fd').length <= descriptors + 2);
    const detail = outcome.detail.replace(` (127.0.0.1:${port})`, '');
    return {
      said: `${outcome.verdict} ${outcome.result}: ${detail}`,
      code: outcome.code,
      asked: peer.received,
      port,
    };
  });
}

const answer =
  (body: string, status = '200 OK', headers = '') =>
  (socket: Socket) => {
    socket.once('data', () => socket.end(text(`HTTP/1.1 ${status}\r\n${headers}\r\n${body}`)));
  };
const timely = (what: string) => `fail timeout: no ${what} within ${TIMEOUT} ms`;
const ANSWER = 'complete answer to GET /health';

test('probeHttp asks as HTTP/1.0 does, and passes on the status', async () => {
  const { said, code, asked, port } = await probe(answer('hello'));
  assert.deepEqual([said, code], ['pass ok: status 200', 200]);
  assert.equal(asked, `GET /health HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: lbd\r\n\r\n`);
});

suite('probeHttp judges', () => {
  const chunked = 'Transfer-Encoding: chunked\r\n';
  const md5 = '5d41402abc4b2a76b9719d911017c592';
  const body = { pattern: '^hel+o$', flags: '', isNegated: false, from: null, to: null };
  const cases: readonly [string, (socket: Socket) => void, Partial<HttpExpectation>, string][] = [
    ['a wrong status', answer('no', '503 Busy'), {}, 'fail mismatch: status 503, not 200–299'],
    [
      'a status that is asked for',
      answer('', '404 Not Found'),
      { status: [[404, 404]] },
      'pass ok: status 404',
    ],
    ['a right digest', answer('hello'), { digest: md5 }, 'pass ok: status 200'],
    [
      'a wrong digest',
      answer('hallo'),
      { digest: md5 },
      `fail mismatch: digest 598d4c200461b81522a3328565c25f7c, not ${md5}`,
    ],
    ['a body that matches', answer('hello\n'), { body }, 'pass ok: status 200'],
    [
      'a body that does not match',
      answer('hallo'),
      { body },
      'fail mismatch: the body does not match /^hel+o$/',
    ],
    [
      'a body that must not match',
      answer('hello'),
      { body: { ...body, isNegated: true } },
      'fail mismatch: the body matches /^hel+o$/',
    ],
    [
      'chunks',
      answer('3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nX: y\r\n\r\n', '200 OK', chunked),
      { digest: md5 },
      'pass ok: status 200',
    ],
    [
      'an answer of its length',
      answer('hello and more', '200 OK', 'Content-Length: 5\r\n'),
      { digest: md5 },
      'pass ok: status 200',
    ],
    ['an interim answer', answer('', '100 Continue', '\r\nHTTP/1.1 204 None\r\n'), {}, 'pass ok: status 204'],
    [
      'an answer that is cut off',
      answer('hel', '200 OK', 'Content-Length: 5\r\n'),
      {},
      'fail protocol: it closed the connection before the end of its answer',
    ],
  ];
  for (const [what, behave, expect, said] of cases) {
    test(what, async () => assert.equal((await probe(behave, expect, '1.1')).said, said));
  }
});

suite('probeHttp comes to a verdict on a server that', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  const cases: readonly [string, (socket: Socket) => void, string][] = [
    ['is silent', () => undefined, timely(ANSWER)],
    [
      'has closed its half and is silent',
      (socket) => socket.end(),
      'fail protocol: it closed the connection before the end of its answer',
    ],
    ['drips its headers', (socket) => drip(socket, text(`${head}X: y`), 20), timely(ANSWER)],
    [
      'drips a body without an end',
      (socket) => {
        socket.write(text(`${head}\r\n`));
        drip(socket, text('x'), 20);
      },
      timely(ANSWER),
    ],
    [
      'resets',
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      'fail reset: connection reset',
    ],
    [
      'sends a body without an end',
      (socket) => {
        socket.write(text(`${head}\r\n`));
        flood(socket, Buffer.alloc(65536));
      },
      'fail protocol: its body is longer than 4194304 bytes',
    ],
    [
      'sends headers without an end',
      (socket) => {
        socket.write(text(head));
        flood(socket, text('X: y\r\n'.repeat(1000)));
      },
      'fail protocol: its headers are longer than 16384 bytes',
    ],
    [
      'sends a status line of 5 kB',
      (socket) => socket.write(text(`HTTP/1.1 200 ${'x'.repeat(5000)}\r\n\r\n`)),
      'fail protocol: its status line is longer than 4096 bytes',
    ],
    [
      'sends garbage',
      (socket) => socket.write(Buffer.from([0, 255, 13, 10, 13, 10])),
      'fail protocol: its answer is not HTTP',
    ],
    [
      'sends a chunk of 4 GB',
      answer('ffffffff\r\n', '200 OK', 'Transfer-Encoding: chunked\r\n'),
      'fail protocol: its body is longer than 4194304 bytes',
    ],
  ];
  for (const [what, behave, said] of cases) {
    test(what, async () => {
      const before = process.memoryUsage().rss;
      assert.equal((await probe(behave)).said, said);
      assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024);
    });
  }
  test('is not there', async () => {
    const port = await withPeer(
      () => undefined,
      async (free) => free,
    );
    const { verdict, result } = await probeHttp(config(port), request(), TIMEOUT, noSocket);
    assert.deepEqual([verdict, result], ['fail', 'refused']);
  });
});

test('probeHttp blames no server for a request that cannot be sent', async () => {
  const wrong = { ...request(), path: '/a\r\nX: y' };
  const said = await withPeer(answer(''), async (port, peer) => {
    const { verdict, detail } = await probeHttp(config(port), wrong, TIMEOUT, noSocket);
    return [verdict, detail.replace(/ \(.*/, ''), peer.connections];
  });
  assert.deepEqual(said, ['unknown', 'no request can have this path', 0]);
});

test('probeHttp blames no server for an interface that is not there', async () => {
  const there = config(1);
  const elsewhere = { ...there, source: { ...there.source, interface: 'none0' } };
  const outcome = await probeHttp(elsewhere, request(), TIMEOUT, () => ({
    ok: false,
    error: 'ENODEV',
  }));
  assert.deepEqual(
    [outcome.verdict, outcome.detail],
    ['unknown', 'no such interface here (ENODEV) (127.0.0.1:1)'],
  );
});

test('probeHttp does not take its own stall for the silence of the server', async () => {
  const said = await withPeer(answer('hello'), async (port) => {
    const probing = probeHttp(config(port), request(), millis(100), noSocket);
    const end = performance.now() + 400;
    while (performance.now() < end);
    return (await probing).verdict;
  });
  assert.equal(said, 'pass');
});
