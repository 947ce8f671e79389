import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

const LIMIT = 15_000;

/** What an instance owns besides its address, in keepalived's words. */
const OWNER = `static_ipaddress {
  10.77.0.1/24 dev eth0
}
static_routes {
  192.0.2.0/24 via 172.25.1.250 dev eth0
}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  no_accept
  virtual_ipaddress {
    172.25.1.100/24
  }
  virtual_ipaddress_excluded {
    2001:db8::100/64
    172.25.9.9/32
  }
  virtual_routes {
    198.51.100.0/24 via 172.25.1.250 dev eth0
    blackhole 203.0.113.0/24
  }
  virtual_rules {
    from 172.25.1.100 table 100
  }
}
`;

suite('what a virtual router owns', () => {
  let lab: Lab;
  let d1: Director;

  before(async () => {
    lab = await createLab({ directors: 1, servers: 0, web: false });
  });
  after(() => lab.close());
  let run = 0;
  beforeEach(() => {
    d1 = new Director(lab.host('d1'), path.join(lab.directory, `d1-${++run}`));
  });
  afterEach(() => d1.stop());

  const ip = async (...words: string[]) => (await lab.host('d1').exec('ip', words)).stdout;
  const owned = async () => {
    const addresses = [...(await ip('-o', 'addr', 'show', 'dev', 'eth0')).matchAll(/ inet6? (\S+) /g)]
      .map(([, address]) => address ?? '')
      .filter((address) => !/^(172\.25\.1\.1\/|fe80)/.test(address));
    const routes = (await ip('route')).split('\n').filter((line) => line.includes('proto keepalived'));
    const rules = (await ip('rule')).split('\n').filter((line) => line.includes('lookup 100'));
    return { addresses: addresses.sort(), routes: routes.length, rules: rules.length };
  };
  const ALL = {
    addresses: ['10.77.0.1/24', '172.25.1.100/24', '172.25.9.9/32', '2001:db8::100/64'],
    routes: 3,
    rules: 1,
  };
  const NOTHING = { addresses: [], routes: 0, rules: 0 };
  const comes = (what: string, expected: typeof ALL | typeof NOTHING) =>
    eventually(what, LIMIT, async () => {
      assert.deepEqual(await owned(), expected);
      return true;
    });
  const log = () => (existsSync(d1.logFile) ? readFileSync(d1.logFile, 'utf8') : '');

  test('is there while it is master, comes back when somebody takes it away, and goes with it', async () => {
    d1.configure(OWNER, 'keepalived.conf');
    d1.start();
    await comes('everything is there', ALL);
    await d1.becomes('MASTER', LIMIT);
    await ip('addr', 'del', '172.25.1.100/24', 'dev', 'eth0');
    await ip('addr', 'del', '10.77.0.1/24', 'dev', 'eth0');
    await ip('route', 'del', '198.51.100.0/24');
    await ip('rule', 'del', 'pref', '16384');
    await comes('all of it is back', ALL);
    await eventually('that is said', LIMIT, () =>
      /somebody removed 172\.25\.1\.100\/24 on eth0; it is back/.test(log()),
    );
    await d1.becomes('MASTER', 0);
    await lab.cutLink('d1');
    await d1.becomes('FAULT', LIMIT);
    await lab.restoreLink('d1');
    await comes('all of it is back after the link', ALL);
    await d1.stop();
    assert.deepEqual(await owned(), NOTHING);
  });

  test('refuses packets to the addresses with no_accept, but answers for them', async () => {
    d1.configure(OWNER, 'keepalived.conf');
    d1.start();
    await comes('everything is there', ALL);
    const client = lab.host('client');
    assert.equal((await client.exec('ping', ['-c1', '-W1', '172.25.1.100'])).code, 1);
    assert.equal((await client.exec('arping', ['-c1', '-w2', '-I', 'eth0', '172.25.1.100'])).code, 0);
    d1.configure(OWNER.replace('no_accept', 'accept'), 'keepalived.conf');
    await d1.reload();
    await eventually('it answers', LIMIT, async () => {
      return (await client.exec('ping', ['-c1', '-W1', '172.25.1.100'])).code === 0;
    });
    await d1.stop();
    const { stdout } = await lab.host('d1').exec('nft', ['list', 'ruleset']);
    assert.equal(stdout, '');
  });

  test('answers with the virtual MAC address, whose interface and settings go at the stop', async () => {
    const ignore = async () =>
      (await lab.host('d1').exec('sysctl', ['-n', 'net.ipv4.conf.eth0.arp_ignore'])).stdout.trim();
    assert.equal(await ignore(), '0');
    d1.configure(OWNER.replace('no_accept', 'use_vmac'), 'keepalived.conf');
    d1.start();
    await eventually('the interface has the address', LIMIT, async () => {
      return (await ip('-o', 'addr', 'show', 'dev', 'vrrp.51')).includes(' 172.25.1.100/24 ');
    });
    const heard = await lab.host('client').exec('arping', ['-c1', '-w2', '-I', 'eth0', '172.25.1.100']);
    assert.match(heard.stdout, /\[?00:00:5e:00:01:33\]?/i);
    assert.equal(await ignore(), '1');
    await d1.stop();
    assert.deepEqual([await ip('-o', 'link', 'show', 'type', 'macvlan'), await ignore()], ['', '0']);
  });
});
