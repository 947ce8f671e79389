import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseIp } from '../../src/base/ip.ts';
import type {
  HttpExpectation,
  HttpProbe,
  HttpRequest,
  ProbeSource,
  Reach,
  TlsConfig,
} from '../../src/model/check.ts';
import type { ProbeOutcome } from '../../src/model/probe.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { eventually } from '../support/eventually.ts';
import type { Job } from './tcp-probes-inside.ts';

const INSIDE = fileURLToPath(new URL('./tcp-probes-inside.js', import.meta.url));
const MEGABYTE = Buffer.alloc(1 << 20, 'lorem ipsum ');
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

suite('probes of TCP, HTTP and SMTP', () => {
  let lab: Lab;
  let server: string;
  const children: ChildProcess[] = [];

  before(async () => {
    lab = await createLab({ directors: 1, servers: 1, web: false });
    const host = lab.host('rs1');
    server = host.address;
    const pages = path.join(lab.directory, 'pages');
    mkdirSync(pages, { recursive: true });
    writeFileSync(path.join(pages, 'hello'), 'hello\n');
    writeFileSync(path.join(pages, 'chunked.shtml'), 'hello <!--# echo var="request_uri" -->\n');
    writeFileSync(path.join(pages, 'megabyte'), MEGABYTE);
    writeFileSync(path.join(pages, 'large'), Buffer.alloc(5 << 20));
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${pages}/key`];
    const names = ['-subj', '/CN=web.example', '-addext', 'subjectAltName=DNS:web.example', '-days', '10'];
    execFileSync('openssl', ['req', '-x509', ...key, ...names, '-out', `${pages}/cert`], { stdio: 'ignore' });
    writeFileSync(path.join(pages, 'nginx.conf'), nginxConf(pages));
    children.push(host.spawn('nginx', ['-c', path.join(pages, 'nginx.conf')]));
    children.push(
      // Debian's own Python has it, another one in the PATH need not.
      host.spawn('/usr/bin/python3', [
        '-m',
        'aiosmtpd',
        '-n',
        '-c',
        'aiosmtpd.handlers.Sink',
        '-l',
        `${server}:25`,
      ]),
    );
    await eventually('the servers listen', 60_000, async () => {
      const { stdout } = await host.exec('ss', ['-Hltn']);
      return [25, 80, 443].every((port) => stdout.includes(`:${port} `));
    });
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await lab.close();
  });

  const reach = (port: number, source: Partial<ProbeSource> = {}): Reach => ({
    target: { address: parseIp(server) ?? assert.fail(server), port },
    source: { address: null, port: null, interface: null, fwmark: null, ...source },
  });
  const request = (
    url: string,
    expect: Partial<HttpExpectation> = {},
    host: string | null = null,
  ): HttpRequest => ({
    method: 'GET',
    path: url,
    host,
    headers: [],
    expect: { status: [[200, 299]], digest: null, body: null, ...expect },
  });
  const http = (
    version: HttpProbe['version'],
    tls: TlsConfig | null,
    requests: readonly HttpRequest[],
  ): HttpProbe => ({
    ...reach(tls === null ? 80 : 443),
    type: 'http',
    tls,
    version,
    requests,
    fastRecovery: false,
  });

  /** The outcomes of these checks from the director, without the place that all of them name. */
  async function probe(...jobs: readonly Job[]): Promise<string[]> {
    const { stdout, stderr } = await lab.host('d1').exec(process.execPath, [INSIDE, JSON.stringify(jobs)]);
    assert.equal(stderr, '');
    return (JSON.parse(stdout) as ProbeOutcome[]).map(
      ({ verdict, result, detail }) => `${verdict} ${result}: ${detail.replace(/ \([\d[][^ ]*\)$/, '')}`,
    );
  }

  const verified = (): TlsConfig => ({
    serverName: 'web.example',
    verify: true,
    ca: path.join(lab.directory, 'pages/cert'),
    certificate: null,
    key: null,
    expiryWarning: null,
  });
  for (const version of ['1.0', '1.0C', '1.1'] as const) {
    for (const isSecure of [false, true]) {
      test(`probeHttp reads what nginx answers to HTTP${isSecure ? 'S' : ''}/${version}`, async () => {
        const match = { pattern: '^hello$', flags: '', isNegated: false, from: null, to: null };
        const said = await probe(
          http(version, isSecure ? verified() : null, [
            request('/hello', { digest: md5(Buffer.from('hello\n')), body: match }),
            request('/chunked.shtml', { body: { ...match, pattern: '^hello /chunked.shtml$' } }),
            request('/megabyte', { digest: md5(MEGABYTE) }),
            request('/large'),
            request('/none'),
            request('/', {}, 'other.example'),
          ]),
        );
        assert.deepEqual(said, [
          'pass ok: /hello: status 200',
          'pass ok: /chunked.shtml: status 200',
          'pass ok: /megabyte: status 200',
          'fail protocol: /large: its body is longer than 4194304 bytes',
          'fail mismatch: /none: status 404, not 200–299',
          'fail mismatch: /: status 418, not 200–299',
        ]);
      });
    }
  }

  test('probeHttp refuses the certificate of nginx for another name', async () => {
    const tls = { ...verified(), serverName: 'other.example' };
    const [said = ''] = await probe(http('1.1', tls, [request('/hello')]));
    assert.match(said, /^fail tls: certificate: it is not for other\.example, but for DNS:web\.example/);
  });

  test('probeSmtp passes a mail server, and fails nginx', async () => {
    const smtp = { type: 'smtp', helo: 'lb.example' } as const;
    assert.deepEqual(await probe({ ...reach(25), ...smtp }), ['pass ok: reply to HELO 250']);
    // nginx waits for a request that never comes.
    assert.deepEqual(await probe({ ...reach(80), ...smtp }), ['fail timeout: no greeting within 5000 ms']);
  });

  test('probeTcp tells a server that is silent from one that refuses and one that is not there', async () => {
    const rules = 'table ip lab { chain in { type filter hook input priority 0; tcp dport 80 drop; }; }';
    const [d1, rs1] = [lab.host('d1'), lab.host('rs1')];
    await rs1.exec('nft', [rules]);
    await rs1.exec('ip', ['addr', 'add', '2001:db8::101/64', 'dev', 'eth0', 'nodad']);
    await d1.exec('ip', ['addr', 'add', '2001:db8::1/64', 'dev', 'eth0', 'nodad']);
    const tcp = (address: string, port: number): Job => ({
      ...{ ...reach(port), target: { address: parseIp(address) ?? assert.fail(address), port } },
      type: 'tcp',
    });
    const said = await probe(
      tcp(server, 443),
      tcp(server, 9),
      tcp(server, 80),
      tcp('172.25.1.66', 80),
      tcp('203.0.113.1', 80),
      tcp('2001:db8::101', 9),
      tcp('2001:db8::101', 443),
      // Over the sockets of those that connected.
      tcp('2001:db8::101', 9),
      tcp(server, 443),
      tcp(server, 443),
      tcp(server, 80),
    );
    await rs1.exec('nft', ['delete', 'table', 'ip', 'lab']);
    assert.deepEqual(said, [
      'pass connected: connected',
      'fail refused: connection refused',
      'fail timeout: no connection within 5000 ms',
      'fail unreachable: no route to host',
      'fail unreachable: network is unreachable',
      'fail refused: connection refused',
      'pass connected: connected',
      'fail refused: connection refused',
      'pass connected: connected',
      'pass connected: connected',
      'fail timeout: no connection within 5000 ms',
    ]);
  });

  test("probeTcp connects to a server's kernel, and its program hears nothing of it", async () => {
    const accept = [
      'import socket, time',
      `s = socket.create_server(('${server}', 7777)); s.settimeout(8); print('ready', flush=True)`,
      'try: s.accept(); print("accepted", flush=True)',
      'except TimeoutError: print("nobody", flush=True)',
    ].join('\n');
    const program = lab.host('rs1').spawn('/usr/bin/python3', ['-c', accept]);
    let said = '';
    program.stdout?.on('data', (data) => {
      said += data;
    });
    await eventually('the program listens', 30_000, () => said.startsWith('ready'));
    const once: Job = { ...reach(7777), type: 'tcp' };
    assert.deepEqual(await probe(once, once, once), Array(3).fill('pass connected: connected'));
    await new Promise((resolve) => program.once('close', resolve));
    assert.equal(said, 'ready\nnobody\n');
  });

  test('probeTcp goes out from the address, port and interface and with the mark that it is given', async () => {
    const d1 = lab.host('d1');
    await d1.exec('ip', ['addr', 'add', '172.25.1.77/32', 'dev', 'eth0']);
    const table =
      'table ip lab { chain out { type filter hook output priority 0; meta mark 77 tcp flags syn counter; }; }';
    await d1.exec('nft', [table]);
    const rules =
      'table ip lab { chain in { type filter hook input priority 0; ip saddr 172.25.1.77 tcp sport 4321 tcp flags syn counter; }; }';
    await lab.host('rs1').exec('nft', [rules]);
    const source = { address: parseIp('172.25.1.77'), port: 4321, interface: 'eth0', fwmark: 77 };
    const once: Job = { ...reach(80, source), type: 'tcp' };
    assert.deepEqual(await probe(once, once), ['pass connected: connected', 'pass connected: connected']);
    for (const host of ['d1', 'rs1']) {
      const { stdout } = await lab.host(host).exec('nft', ['list', 'table', 'ip', 'lab']);
      assert.match(stdout, /counter packets 2 /, host);
    }
    const [outside] = await probe({ ...reach(80, { interface: 'lo' }), type: 'tcp' });
    assert.match(outside ?? '', /^fail /);
    assert.deepEqual(
      await probe(
        { ...reach(80, { interface: 'none0' }), type: 'tcp' },
        { ...reach(80, { address: parseIp('172.25.1.78') }), type: 'tcp' },
      ),
      [
        'unknown error: no such interface here (ENODEV)',
        'unknown error: no such address, or no port left, to send from (EADDRNOTAVAIL)',
      ],
    );
  });
});

const nginxConf = (
  pages: string,
): string => `daemon off; worker_processes 1; pid ${pages}/pid; error_log ${pages}/error.log; user root;
events { worker_connections 64; }
http {
  access_log off; default_type text/html; ssi on; ssi_types *;
  client_body_temp_path ${pages}/body; proxy_temp_path ${pages}/proxy; fastcgi_temp_path ${pages}/fastcgi;
  uwsgi_temp_path ${pages}/uwsgi; scgi_temp_path ${pages}/scgi;
  ssl_certificate ${pages}/cert; ssl_certificate_key ${pages}/key;
  server { listen 80; listen 443 ssl; listen [::]:443 ssl; root ${pages}; location ~ /(hello|megabyte|large)$ { ssi off; } }
  server { listen 80; listen 443 ssl; server_name other.example; return 418; }
}
`;
