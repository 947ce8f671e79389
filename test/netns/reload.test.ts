// What an operator does to a running pair: check, plan, reload. VRRP only; services are in test/guest.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

const LIMIT = 30_000;
const RELOADS = 40;

interface Written {
  readonly priority: number;
  readonly addresses: readonly string[];
  readonly refresh?: number;
}

const yaml = ({ priority, addresses, refresh = 0 }: Written) => `vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: ${priority}
    virtual_addresses: [${addresses.map((address) => `${address}/24`).join(', ')}]
    garp_master_refresh: ${refresh}s
`;

suite('reloading a pair of directors', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  let d1: Director;
  let d2: Director;

  before(async () => {
    lab = await createLab({ directors: 2, servers: 0, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-reload-'));
    d1 = new Director(lab.host('d1'), path.join(directory, 'd1'));
    d2 = new Director(lab.host('d2'), path.join(directory, 'd2'));
    d1.configure(yaml({ priority: 150, addresses: [lab.vip] }));
    d2.configure(yaml({ priority: 100, addresses: [lab.vip] }));
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    d2.start();
    await d2.becomes('BACKUP', LIMIT);
  });
  after(async () => {
    await d1.stop();
    await d2.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  const becameMaster = async (director: Director) =>
    (await director.status()).vrrp.value?.instances[0]?.counters.became_master;
  const addresses = async () => {
    const { stdout } = await d1.host.exec('ip', ['-4', '-o', 'addr', 'show', 'dev', 'eth0']);
    return [...stdout.matchAll(/inet (\S+)\/24/g)].map(([, address = '']) => address);
  };
  const file = (text: string) => {
    const name = path.join(directory, 'next.yaml');
    writeFileSync(name, text);
    return name;
  };
  const other = '172.25.1.99';

  test(`a master keeps its address and its role through ${RELOADS} reloads that keep it`, async () => {
    let present = true;
    let watching = true;
    const watch = (async () => {
      while (watching) present &&= (await addresses()).includes(lab.vip);
    })();
    for (let n = 1; n <= RELOADS; n++) {
      const more = n % 2 === 1 ? [other] : [];
      d1.configure(yaml({ priority: 150 + (n % 3), addresses: [lab.vip, ...more], refresh: n % 5 }));
      await d1.reload();
    }
    watching = false;
    await watch;
    assert.ok(present, 'the address was there all the time');
    assert.deepEqual([await becameMaster(d1), await becameMaster(d2)], [1, 0]);
    assert.equal((await d1.status()).daemon.generation, RELOADS + 1);
  });

  test('lbctl plan tells what a reload would do, does nothing, and its exit code says whether there is anything', async () => {
    const next = file(yaml({ priority: 120, addresses: [other] }));
    const plan = await d1.lbctl('plan', next);
    assert.equal(plan.code, 2, plan.stderr);
    assert.match(plan.stdout, /~ VI_1 \(eth0, 51\) {2}! connections to 172\.25\.1\.100\/24 dev eth0 end/);
    assert.match(plan.stdout, /~ priority: \d+ → 120\n/);
    assert.match(plan.stdout, /\+ 172\.25\.1\.99\/24 dev eth0\n.*- 172\.25\.1\.100\/24 dev eth0\n/s);
    assert.match(plan.stdout, /Plan: 1 to add, 1 to change, 1 to destroy\.\n$/);
    assert.ok((await addresses()).includes(lab.vip), 'nothing has changed');
    const own = await d1.lbctl('plan');
    assert.deepEqual([own.code, own.stdout], [0, 'No changes: what runs, the file and the kernel agree.\n']);
    const broken = await d1.lbctl('plan', file('vrrp: {VI_1: {}}\n'));
    assert.equal(broken.code, 1);
    assert.match(broken.stderr, /next\.yaml:1:\d+: the key "interface" is missing/);
  });

  test('lbctl plan tells that a key is another one, not which, and refuses a key file that a reload would', async () => {
    const key = path.join(directory, 'key');
    const keep = (letter: string) => writeFileSync(key, letter.repeat(32), { mode: 0o600 });
    const plain = yaml({ priority: 150, addresses: [lab.vip] });
    const line = 'heartbeat: [{ local: 127.0.0.1, peer: 127.0.0.9 }]';
    keep('k');
    d1.configure(`${line}\nheartbeat_key: file:${key}\n${plain}`);
    await d1.reload();
    assert.equal((await d1.lbctl('plan')).code, 0);
    keep('q');
    const other = await d1.lbctl('plan');
    assert.equal(other.code, 2);
    assert.match(other.stdout, /heartbeat_key: one → another\n/);
    assert.doesNotMatch(other.stdout, /kkk|qqq|6b6b|113/);
    keep('');
    const empty = await d1.lbctl('plan');
    assert.equal(empty.code, 1);
    assert.match(empty.stderr, /heartbeat_key in \S+ has 0 bytes, not 32 to 64/);
    d1.configure(plain);
    await d1.reload();
  });

  test('lbctl reload refuses a file with mistakes as a whole, says each, and the running configuration stays', async () => {
    const before = (await d1.status()).daemon.generation;
    d1.configure(yaml({ priority: 300, addresses: [other, 'nonsense'] }));
    const { code, stderr } = await d1.lbctl('reload');
    assert.equal(code, 1);
    assert.match(stderr, /lbd\.yaml:5:15: 300 is out of range: at most 255/);
    assert.match(stderr, /lbd\.yaml:6:\d+: "nonsense" is not an IP/);
    assert.match(stderr, new RegExp(`configuration ${before} keeps running\n$`));
    const { daemon } = await d1.status();
    assert.equal(daemon.generation, before);
    assert.match(daemon.reload_error ?? '', /300 is out of range/);
    assert.ok((await addresses()).includes(lab.vip));
  });

  test('lbctl reload puts a good file in force before it returns', async () => {
    d1.configure(yaml({ priority: 150, addresses: [lab.vip, other] }));
    const { code, stdout, stderr } = await d1.lbctl('reload');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^configuration \d+ is in force\n$/);
    await eventually('the second address is there', LIMIT, async () => (await addresses()).includes(other));
    assert.equal((await d1.status()).daemon.reload_error, null);
  });

  test('lbctl reload tells by its exit code that a configuration is accepted but has problems', async () => {
    d2.configure(yaml({ priority: 100, addresses: [lab.vip] }).replace('eth0', 'eth9'));
    const { code, stdout, stderr } = await d2.lbctl('reload');
    assert.equal(code, 4);
    assert.match(stderr, /problem: VI_1: interface eth9 does not exist/);
    assert.match(stdout, /^configuration \d+ is accepted, but has problems\n$/);
  });

  test('lbctl check needs no daemon, knows a keepalived.conf by its name, and looks at the machine with --host', async () => {
    const conf = path.join(directory, 'keepalived.conf');
    writeFileSync(
      conf,
      'vrrp_instance VI_1 {\n  interface eth7\n  virtual_router_id 51\n  virtual_ipaddress {\n    10.9.9.9\n  }\n}\n',
    );
    assert.deepEqual((({ code, stdout }) => ({ code, stdout }))(await d1.lbctl('check', conf)), {
      code: 0,
      stdout: `${conf}: sound: 1 instance, 0 services, 0 servers\n`,
    });
    const host = await d1.lbctl('check', '--host', conf);
    assert.equal(host.code, 1);
    assert.match(
      host.stdout,
      /keepalived\.conf:2:13 {2}error {2}host_interface {2}this machine has no interface eth7/,
    );
  });
});
