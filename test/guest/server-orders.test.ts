// One director, two file servers and a client on a kernel with IPVS. The tests tell one story, in order.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Host } from '../lab/host.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director, LBCTL } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

/** Everything but the timers themselves is slow under emulation. */
const LIMIT = 180_000;
/** A first start reads all of its files, which a busy host gives it slowly. */
const START = 180_000;
/** A minute and a half at the pace of the servers: a lbctl takes a third of it to start. */
const SIZE = 9_000_000;
const PACE = '100k';

/** What a program has said until its end. */
function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly text: string }> {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (piece) => {
      text += piece;
    });
  }
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
}

suite('orders for real servers with IPVS', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  let director: Director;
  let client: Host;
  let sum: string;

  before(async () => {
    lab = await createLab({ directors: 1, servers: 2, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-orders-'));
    client = lab.host('client');
    director = new Director(lab.host('d1'), directory);
    const file = Buffer.alloc(SIZE, 'what is sent has to arrive whole\n');
    sum = createHash('sha256').update(file).digest('hex');
    await Promise.all(['rs1', 'rs2'].map((name) => serve(name, file)));
  });
  after(async () => {
    await director.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  /** nginx on a real server: its name at `/`, and a file that comes slowly at `/file`. */
  const serve = async (name: string, file: Buffer) => {
    const place = path.join(directory, name);
    mkdirSync(place);
    writeFileSync(path.join(place, 'file'), file);
    writeFileSync(
      path.join(place, 'nginx.conf'),
      `daemon off; user root; worker_processes 1; pid ${place}/pid; error_log ${place}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${place}/body; proxy_temp_path ${place}/proxy; fastcgi_temp_path ${place}/fastcgi;
  uwsgi_temp_path ${place}/uwsgi; scgi_temp_path ${place}/scgi;
  server {
    listen 80; listen 81;
    location / { default_type text/plain; return 200 "${name}\\n"; }
    location /file { root ${place}; limit_rate ${PACE}; add_header X-Server ${name}; }
  }
}
`,
    );
    const host = lab.host(name);
    host.spawn('nginx', ['-c', path.join(place, 'nginx.conf')]);
    await eventually(`nginx on ${name} answers`, LIMIT, async () => {
      const { stdout } = await host.exec('curl', ['-s', '-m', '2', `http://${host.address}/`]);
      return stdout.trim() === name;
    });
  };

  const yaml = () => {
    const service = (name: string, port: number, more: string) => `
  ${name}:
    { address: ${lab.vip}, port: ${port}, protocol: tcp, scheduler: wrr, forward: dr, slow_start: 5s, ${more}
      check: { type: tcp, interval: 1s, timeout: 5s, retry: 1, delay_before_retry: 500ms, warmup: 0s },
      servers: [{ address: ${lab.host('rs1').address}, weight: 20 }, { address: ${lab.host('rs2').address}, weight: 20 }] }`;
    return `vrrp:
  VI_1: { interface: eth0, virtual_router_id: 51, priority: 100, virtual_addresses: [${lab.vip}/24] }
services:${service('files', 80, '')}${service('sticky', 81, 'persistence_timeout: 300s,')}
`;
  };
  /** `rs1 20`: name and weight of each server of the site in the kernel. */
  const weights = async () => {
    const { code, stdout, stderr } = await director.host.exec('ipvsadm', ['-Ln', '-t', `${lab.vip}:80`]);
    assert.equal(code, 0, stderr);
    return ['rs1', 'rs2'].flatMap((name) => {
      const found = new RegExp(`-> ${lab.host(name).address}:80 +Route +(\\d+) `).exec(stdout);
      return found === null ? [] : [`${name} ${found[1]}`];
    });
  };
  const weighs = (...expected: readonly string[]) =>
    eventually(`the table has ${expected}`, LIMIT, async () => {
      assert.deepEqual(await weights(), expected);
      return true;
    });
  const lbctl = async (...words: string[]) => {
    const { code, stdout, stderr } = await director.lbctl(...words);
    assert.equal(code, 0, stderr);
    return { stdout, stderr };
  };
  const newPages = async (count: number) => {
    const close = ['-H', 'connection: close'];
    const urls = Array.from({ length: count }, () => `http://${lab.vip}/`);
    const { code, stdout, stderr } = await client.exec('curl', ['-sS', '-m', '60', ...close, ...urls]);
    assert.equal(code, 0, stderr);
    return stdout.trim().split('\n');
  };

  test('a download goes on to its end while its server is drained, and then the server leaves the table', async () => {
    director.configure(yaml());
    director.start();
    await director.becomes('MASTER', START);
    await weighs('rs1 20', 'rs2 20');
    const target = path.join(directory, 'download');
    const headers = path.join(directory, 'headers');
    const download = ended(
      client.spawn('curl', ['-sS', '-m', '300', '-D', headers, '-o', target, `http://${lab.vip}/file`]),
    );
    let busy = '';
    await eventually('the download runs', LIMIT, () => {
      busy = /^X-Server: (rs\d)/im.exec(readFileSync(headers, 'utf8'))?.[1] ?? '';
      return busy !== '';
    });
    const other = busy === 'rs1' ? 'rs2' : 'rs1';
    const { address } = lab.host(busy);
    let isOver = false;
    void download.then(() => {
      isOver = true;
    });

    const words = ['--run-dir', director.runDir, 'drain', `${address}@files`];
    const drain = ended(director.host.spawn(process.execPath, [LBCTL, ...words]));
    await weighs(...['rs1', 'rs2'].map((name) => `${name} ${name === busy ? 0 : 20}`));
    assert.deepEqual(new Set(await newPages(6)), new Set([other]));
    assert.equal(isOver, false, 'new connections go elsewhere while it runs');

    assert.deepEqual(await download, { code: 0, text: '' });
    assert.equal(createHash('sha256').update(readFileSync(target)).digest('hex'), sum);
    const { code, text } = await drain;
    assert.equal(code, 0, text);
    assert.match(text, /is drained: 1 active connection[;,]/);
    assert.match(text, /has left the table: no connection was left after /);
    assert.deepEqual(await weights(), [`${other} 20`]);

    await director.stop();
    director.start();
    await director.becomes('MASTER', START);
    await weighs(`${other} 20`);
    await eventually('its checks find it well', LIMIT, async () => {
      const { check } = await director.status();
      const server = check.value?.services[0]?.servers[busy === 'rs1' ? 0 : 1];
      return server?.health === 'up' && server.order?.kind === 'drain';
    });
    assert.deepEqual(await weights(), [`${other} 20`], 'and it is out all the same');

    await lbctl('ready', address);
    await weighs('rs1 20', 'rs2 20');
    assert.match(readFileSync(director.logFile, 'utf8'), /"event":"server_slow_start"/);
  });

  test('a weight holds over a death of lbd and until the server is ready, and maintenance counts at once', async () => {
    const { address } = lab.host('rs1');
    assert.match(
      (await lbctl('weight', `${address}:80@files`, '50%')).stdout,
      /weighs 50% by order: weight 10$/m,
    );
    assert.deepEqual(await weights(), ['rs1 10', 'rs2 20']);
    await director.killAll();
    director.start();
    await director.becomes('MASTER', START);
    await eventually('the table is planned', LIMIT, async () => (await director.status()).check.available);
    assert.deepEqual(await weights(), ['rs1 10', 'rs2 20']);
    await lbctl('maint', `${address}@files`);
    assert.deepEqual(await weights(), ['rs2 20']);
    await lbctl('ready', `${address}@files`);
    await weighs('rs1 20', 'rs2 20');
  });

  test('a drain of a persistent service says which sysctl keeps clients there', async () => {
    const { stderr } = await lbctl('drain', `${lab.host('rs1').address}@sticky`, '--no-wait');
    assert.match(
      stderr,
      /sticky is persistent \(300 s\), and net\.ipv4\.vs\.expire_quiescent_template is 0: /,
    );
  });
});
