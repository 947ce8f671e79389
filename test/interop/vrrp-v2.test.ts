import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { Keepalived, keepalivedConf } from '../support/keepalived.ts';

const LIMIT = 15_000;

function yaml(lab: Lab, priority: number, password: string | null): string {
  const authentication =
    password === null ? '' : `    authentication: { type: pass, password: "${password}" }\n`;
  return `vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: ${priority}
    advert_int: 1s
${authentication}    virtual_addresses: [${lab.vip}/24]
`;
}

suite('VRRPv2 with keepalived 2.2.7', () => {
  let lab: Lab;
  let directory: string;
  let lbd: Director;
  let peer: Keepalived;

  before(async () => {
    lab = await createLab({ directors: 2, servers: 0, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-interop-'));
  });
  after(async () => {
    await lab.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach((context) => {
    const own = path.join(directory, context.name.replace(/\W+/g, '-'));
    lbd = new Director(lab.host('d1'), path.join(own, 'd1'));
    peer = new Keepalived(lab.host('d2'), path.join(own, 'd2'));
  });
  afterEach(async () => {
    await peer.stop();
    await lbd.stop();
  });

  const holds = async (name: string) => {
    const { stdout } = await lab.host(name).exec('ip', ['-4', '-o', 'addr', 'show', 'dev', 'eth0']);
    return stdout.includes(` ${lab.vip}/24 `);
  };
  const holder = (name: 'd1' | 'd2') =>
    eventually(`${name} alone holds ${lab.vip}`, LIMIT, async () => {
      const other = name === 'd1' ? 'd2' : 'd1';
      return (await holds(name)) && !(await holds(other));
    });
  const startLbd = (priority: number, password: string | null) => {
    lbd.configure(yaml(lab, priority, password));
    lbd.start();
  };
  const startPeer = (priority: number, password: string | null) => {
    const addresses = [`${lab.vip}/24`];
    peer.start(keepalivedConf({ state: 'BACKUP', vrid: 51, priority, password, addresses }), '-P');
  };
  const counters = async () => {
    const instance = (await lbd.status()).vrrp.value?.instances[0];
    assert.ok(instance);
    return instance.counters;
  };

  for (const [name, password] of [
    ['PASS', '1111'],
    ['no authentication', null],
  ] as const) {
    test(`lbd as master, keepalived as backup, ${name}`, async () => {
      startPeer(100, password);
      startLbd(150, password);
      await lbd.becomes('MASTER', LIMIT);
      await holder('d1');
      lbd.signal('SIGTERM');
      assert.equal(await lbd.exited(), 0);
      await holder('d2');
      assert.match(peer.log, /received priority 0/);
      lbd.start();
      await holder('d1');
      assert.match(peer.log, /higher priority 150, ours 100/);
      assert.doesNotMatch(peer.log, /bogus|mismatch|invalid|checksum/i);
    });

    test(`keepalived as master, lbd as backup, ${name}`, async () => {
      startPeer(150, password);
      await holder('d2');
      startLbd(100, password);
      await lbd.becomes('BACKUP', LIMIT);
      await eventually('lbd hears the master', LIMIT, async () => (await counters()).adverts_received >= 3);
      assert.equal(await holds('d1'), false);
      await peer.stop();
      await holder('d1');
      const instance = (await lbd.status()).vrrp.value?.instances[0];
      assert.match(instance?.because ?? '', new RegExp(`${lab.host('d2').address} resigned`));
      startPeer(150, password);
      await holder('d2');
      await lbd.becomes('BACKUP', LIMIT);
      assert.deepEqual(Object.values((await counters()).refused).filter(Boolean), []);
    });
  }

  test('equal priorities after a partition: the higher address wins', async () => {
    startLbd(100, '1111');
    await lbd.becomes('MASTER', LIMIT);
    startPeer(100, '1111');
    await eventually('keepalived hears lbd', LIMIT, () => /Entering BACKUP STATE/.test(peer.log));
    await holder('d1');
    await lab.dropVrrp();
    await eventually('both hold the address', LIMIT, async () => (await holds('d1')) && (await holds('d2')));
    await lab.passVrrp();
    await holder('d2');
    await lbd.becomes('BACKUP', LIMIT);
    assert.ok(lab.host('d2').address > lab.host('d1').address);
  });

  test('a wrong password is refused, counted, and changes nothing', async () => {
    startLbd(100, '1111');
    await lbd.becomes('MASTER', LIMIT);
    startPeer(200, '2222');
    // One may be all there are: keepalived 2.2.7 puts its next advert off with each advert that it refuses itself.
    const refused = async () => (await counters()).refused['auth'] ?? 0;
    await eventually('the refusal is counted', LIMIT, async () => (await refused()) >= 1);
    await eventually('keepalived is master beside us', LIMIT, () => /Entering MASTER STATE/.test(peer.log));
    const instance = (await lbd.status()).vrrp.value?.instances[0];
    assert.deepEqual([instance?.state, instance?.counters.adverts_received], ['MASTER', 0]);
  });

  test('tshark decodes our adverts without a complaint', async () => {
    startLbd(100, '1111');
    const capture = lab
      .host('d2')
      .exec('tshark', ['-n', '-i', 'eth0', '-c', '4', '-a', 'duration:15', '-T', 'json', 'proto 112']);
    await lbd.becomes('MASTER', LIMIT);
    await eventually('some adverts were sent', LIMIT, async () => (await counters()).adverts_sent >= 5);
    const { stdout } = await capture;
    const packets = JSON.parse(stdout) as { _source: { layers: Record<string, unknown> } }[];
    assert.equal(packets.length, 4);
    for (const packet of packets) {
      const text = JSON.stringify(packet);
      assert.doesNotMatch(text, /_ws\.expert|malformed/i);
      assert.match(text, /"vrrp\.checksum\.status":"1"/);
      assert.match(text, /"vrrp\.prio":"100"/);
      assert.match(text, /"ip\.ttl":"255"/);
    }
  });
});
