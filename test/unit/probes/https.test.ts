import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { millis } from '../../../src/base/units.ts';
import type { HttpProbe, HttpRequest, TlsConfig } from '../../../src/model/check.ts';
import { probeHttp } from '../../../src/probes/http.ts';
import { eventually } from '../../support/eventually.ts';
import { drip, noSocket, reach, withPeer } from './peers.ts';

const TIMEOUT = millis(2000);
const DAY = 86_400_000;

const plain: TlsConfig = {
  serverName: null,
  verify: false,
  ca: null,
  certificate: null,
  key: null,
  expiryWarning: null,
};
const request: HttpRequest = {
  method: 'GET',
  path: '/',
  host: null,
  headers: [],
  expect: { status: [[200, 200]], digest: null, body: null },
};

suite('probeHttp over TLS', () => {
  let directory: string;
  let server: Server;
  let port = 0;
  /** Names that clients asked for, and whether they had a certificate of ours. */
  const asked: string[] = [];
  const file = (name: string) => path.join(directory, name);

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-tls-'));
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '10',
    ];
    const names = ['-subj', '/CN=web.example', '-addext', 'subjectAltName=DNS:web.example,IP:127.0.0.1'];
    execFileSync('openssl', [...args, ...names, '-keyout', file('key'), '-out', file('cert')], {
      stdio: 'ignore',
    });
    const cert = readFileSync(file('cert'));
    const options = {
      cert,
      key: readFileSync(file('key')),
      ca: cert,
      requestCert: true,
      rejectUnauthorized: false,
    };
    server = createServer(options, (socket: TLSSocket) => {
      asked.push(
        `${socket.servername || 'no name'}, ${socket.authorized ? 'certificate' : 'no certificate'}`,
      );
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nhello'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  async function probe(tls: Partial<TlsConfig>, to = port, timeout = TIMEOUT): Promise<string> {
    const config: HttpProbe = {
      ...reach(to),
      type: 'http',
      tls: { ...plain, ...tls },
      version: '1.1',
      requests: [request],
      fastRecovery: false,
    };
    const { verdict, result, detail } = await probeHttp(config, request, timeout, noSocket);
    return `${verdict} ${result}: ${detail.replace(` (127.0.0.1:${to})`, '')}`;
  }

  test('takes any certificate unless it has to be valid', async () => {
    assert.equal(await probe({}), 'pass ok: status 200');
    assert.equal(
      await probe({ verify: true }),
      'fail tls: certificate: it is signed by itself, and not one that is believed (DEPTH_ZERO_SELF_SIGNED_CERT)',
    );
  });

  test('verifies the name, or the address where there is no name', async () => {
    const ca = file('cert');
    assert.equal(await probe({ verify: true, ca, serverName: 'web.example' }), 'pass ok: status 200');
    assert.equal(await probe({ verify: true, ca }), 'pass ok: status 200');
    assert.equal(
      await probe({ verify: true, ca, serverName: 'other.example' }),
      'fail tls: certificate: it is not for other.example, but for DNS:web.example, IP Address:127.0.0.1 (ERR_TLS_CERT_ALTNAME_INVALID)',
    );
  });

  test('asks for a name and shows a certificate', async () => {
    asked.length = 0;
    await probe({ serverName: 'web.example', certificate: file('cert'), key: file('key') });
    await probe({ serverName: '127.0.0.1' });
    assert.deepEqual(asked, ['web.example, certificate', 'no name, no certificate']);
  });

  test('warns of a certificate that ends soon', async () => {
    assert.match(
      await probe({ expiryWarning: millis(30 * DAY) }),
      /^pass ok: status 200; its certificate ends on \d{4}-\d\d-\d\d, in 9 days$/,
    );
    assert.equal(await probe({ expiryWarning: millis(DAY) }), 'pass ok: status 200');
  });

  test('blames no server for a file that cannot be read, or is not what it should be', async () => {
    assert.match(await probe({ ca: '/nowhere', verify: true }), /^unknown error: no TLS: ENOENT.*\/nowhere/);
    assert.equal(
      await probe({ ca: file('key'), verify: true }),
      `unknown error: no TLS: ${file('key')} has no certificate in PEM`,
    );
    assert.equal(
      await probe({ certificate: file('cert'), key: file('cert') }),
      `unknown error: no TLS: ${file('cert')} has no private key in PEM`,
    );
    writeFileSync(file('cut'), '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
    const cut = await probe({ certificate: file('cut'), key: file('key') });
    assert.ok(cut.startsWith(`unknown error: no TLS: ${file('cut')} and ${file('key')}: `), cut);
  });

  const silent = `fail timeout: no TLS handshake within 300 ms`;
  for (const [what, behave, said] of [
    [
      'speaks no TLS',
      (socket: Socket) => socket.write('HTTP/1.0 200 OK\r\n\r\n'),
      /^fail tls: TLS: wrong version number$/,
    ],
    ['is silent', () => undefined, new RegExp(`^${silent}$`)],
    ['drips', (socket: Socket) => drip(socket, Buffer.from([22, 3, 3, 0, 100]), 20), /^fail (tls|timeout): /],
    [
      'resets',
      (socket: Socket) => socket.once('data', () => socket.resetAndDestroy()),
      /^fail reset: connection reset$/,
    ],
    ['closes', (socket: Socket) => socket.once('data', () => socket.end()), /^fail (tls|reset): /],
  ] as const) {
    test(`comes to a verdict on a server that ${what}`, async () => {
      assert.match(await withPeer(behave, (to) => probe({}, to, millis(300))), said);
    });
  }

  test('leaves no descriptor, with a verdict or without an answer', async () => {
    const before = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 10; i++) await probe(i % 2 === 0 ? {} : { verify: true });
    await eventually('both ends are closed', 5000, () => readdirSync('/proc/self/fd').length <= before);
  });
});
