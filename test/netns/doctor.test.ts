import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

const LBCTL = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const LIMIT = 30_000;

/** Of IPVS nothing is said here: the kernel of this machine may have none. */
const ABOUT_IPVS = ['ipvs_missing', 'scheduler_missing'];

interface Finding {
  readonly severity: string;
  readonly code: string;
  readonly fix: string | null;
}

suite('lbctl doctor in a network', () => {
  let lab: Lab;
  let d1: Director;
  let d2: Director;

  const text = (priority: number, more = '') => `vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: ${priority}
    advert_int: 1s
    authentication: { type: pass, password: "1111" }
    virtual_addresses: [${lab.vip}/24]
${more}`;
  const balanced = (server: string) => `services:
  web: { address: ${lab.vip}, port: 80, protocol: tcp, scheduler: rr, forward: dr, servers: [${server}] }
`;

  before(async () => {
    lab = await createLab({ directors: 2, servers: 1, web: false });
    d1 = new Director(lab.host('d1'), path.join(lab.directory, 'lbd-d1'));
    d2 = new Director(lab.host('d2'), path.join(lab.directory, 'lbd-d2'));
    d1.configure(text(150));
    d1.start();
    await eventually('d1 answers', LIMIT, () => existsSync(path.join(d1.runDir, 'control.sock')));
    await d1.becomes('MASTER', LIMIT);
    await restartD2(text(100));
    await eventually('d2 hears d1', LIMIT, async () => {
      const [one] = (await d2.status()).vrrp.value?.instances ?? [];
      return one?.state === 'BACKUP' && one.master?.address === lab.host('d1').address;
    });
  });
  after(async () => {
    await d1.stop();
    await d2.stop();
    await lab.close();
  });

  const sh = async (host: string, command: string) => {
    const done = await lab.host(host).exec('sh', ['-ec', command]);
    assert.equal(done.code, 0, `${command}: ${done.stderr}${done.stdout}`);
  };
  const restartD2 = async (configuration: string) => {
    await d2.stop();
    d2.configure(configuration);
    d2.start();
    await eventually('d2 answers', LIMIT, () => existsSync(path.join(d2.runDir, 'control.sock')));
  };
  const findings = async (director: Director, ...words: readonly string[]) => {
    const args = [LBCTL, '--run-dir', director.runDir, 'doctor', ...words, '-o', 'json'];
    const done = await director.host.exec(process.execPath, args);
    assert.ok(done.stdout !== '', done.stderr);
    const found: readonly Finding[] = JSON.parse(done.stdout).findings;
    assert.equal(done.code, found.some(({ severity }) => severity === 'error') ? 1 : 0);
    return found;
  };
  /** The codes but for hints. */
  const doctor = async (director: Director, ...words: readonly string[]) => {
    const found = await findings(director, ...words);
    const codes = found.filter(({ severity }) => severity !== 'hint').map(({ code }) => code);
    return codes.filter((code) => !ABOUT_IPVS.includes(code));
  };
  const file = (name: string, content: string) => {
    const where = path.join(lab.directory, name);
    writeFileSync(where, content);
    return where;
  };

  test('doctor finds nothing on a master and a backup that are well', async () => {
    assert.deepEqual(await doctor(d1), []);
    assert.deepEqual(await doctor(d2), []);
    assert.deepEqual(await doctor(d1, file('rs.yaml', text(150, balanced(lab.host('rs1').address)))), []);
  });

  test('doctor finds a packet filter that drops adverts', async () => {
    await sh(
      'd1',
      'nft add table inet t; nft add chain inet t in "{ type filter hook input priority 0; policy drop; }"',
    );
    try {
      await sh(
        'd1',
        'nft add rule inet t in ct state established,related accept; nft add rule inet t in tcp dport 22 accept',
      );
      assert.deepEqual(await doctor(d1), ['firewall_vrrp']);
      await sh('d1', 'nft insert rule inet t in meta l4proto 112 accept');
      assert.deepEqual(await doctor(d1), []);
    } finally {
      await sh('d1', 'nft flush ruleset');
    }
  });

  test('doctor finds that XDP gets frames of containers, and a way out that takes none', async () => {
    const planned = file('xdp.yaml', `dataplane: xdp\n${text(150, balanced(lab.host('rs1').address))}`);
    const about = async () =>
      (await findings(d1, planned)).map(({ code }) => code).filter((code) => /^xdp_(partial|way)/.test(code));
    assert.deepEqual(await about(), ['xdp_partial_checksums']);
    await sh('d1', 'ip link add br0 type bridge; ip link set br0 up');
    try {
      await sh('d1', `ip route add ${lab.host('rs1').address} dev br0`);
      assert.deepEqual(await about(), ['xdp_way_out', 'xdp_partial_checksums']);
    } finally {
      await sh('d1', 'ip link del br0');
    }
  });

  test('doctor finds a virtual address that checks would come from', async () => {
    const site = (vip: string) => `vrrp:
  VI_6: { interface: eth0, virtual_router_id: 6, version: 3, virtual_addresses: ['${vip}'] }
services:
  web:
    address: fd00:9::100
    port: 80
    protocol: tcp
    scheduler: rr
    forward: dr
    check: { type: tcp }
    servers: ['fd00:9::11']
`;
    await sh('d1', 'ip addr add fd00:9::1/64 dev eth0 nodad; ip addr add fd00:9::100/64 dev eth0 nodad');
    try {
      const planned = file('source.yaml', site('fd00:9::100/64'));
      const codes = (await findings(d1, planned)).map(({ code }) => code);
      assert.ok(codes.includes('check_source'), codes.join());
      await sh(
        'd1',
        'ip addr del fd00:9::100/64 dev eth0; ip addr add fd00:9::100/128 dev eth0 nodad preferred_lft 0',
      );
      const after = (await findings(d1, file('source.yaml', site('fd00:9::100/128')))).map(
        ({ code }) => code,
      );
      assert.ok(!after.includes('check_source'), after.join());
    } finally {
      await sh('d1', 'ip -6 addr flush dev eth0 scope global');
    }
  });

  test('doctor finds a server of direct routing behind a router', async () => {
    await sh('d1', `ip route add 10.99.0.0/24 via ${lab.host('client').address}`);
    assert.deepEqual(await doctor(d1, file('far.yaml', text(150, balanced('10.99.0.7')))), [
      'dr_not_on_link',
    ]);
  });

  test('doctor finds a second owner of the address on both machines', async () => {
    await sh('d2', `ip addr add ${lab.vip}/32 dev eth0`);
    assert.ok((await doctor(d1)).includes('vip_elsewhere'));
    const found = (await findings(d2)).find(({ code }) => code === 'vip_outside_lbd');
    await sh('d2', found?.fix ?? 'false');
    assert.deepEqual(await doctor(d2), []);
    assert.ok(!(await doctor(d1)).includes('vip_elsewhere'));
  });

  test('doctor finds a real server that answers ARP, and names it', async () => {
    const config = file('rs.yaml', text(150, balanced(lab.host('rs1').address)));
    await sh('rs1', 'sysctl -qw net.ipv4.conf.all.arp_ignore=0');
    assert.ok((await doctor(d1, config)).includes('real_server_answers_arp'));
    await sh('rs1', 'sysctl -qw net.ipv4.conf.all.arp_ignore=1');
  });

  test('doctor finds a link without carrier', async () => {
    await lab.cutLink('d2');
    await eventually('d2 has a fault', LIMIT, async () => {
      const [one] = (await d2.status()).vrrp.value?.instances ?? [];
      return one?.state === 'FAULT';
    });
    const found = await doctor(d2);
    await lab.restoreLink('d2');
    // What lbd says of itself comes first, then what was looked at.
    assert.deepEqual(
      found.filter((code) => code !== 'process_problem'),
      ['instance_fault', 'no_carrier'],
    );
  });

  test('doctor finds another program of this kind, of its own network namespace alone', async () => {
    const program = path.join(lab.directory, 'keepalived');
    copyFileSync('/bin/sleep', program);
    const rival: ChildProcess = d1.host.spawn(program, ['60']);
    await eventually('it runs', LIMIT, async () => (await doctor(d1)).includes('rival_runs'));
    assert.ok(!(await doctor(d2)).includes('rival_runs'));
    rival.kill();
  });

  test('doctor finds adverts that are refused now', async () => {
    await restartD2(text(100).replace('1111', '2222'));
    await eventually('d2 is master too', LIMIT, async () => (await doctor(d2)).includes('adverts_refused'));
    assert.ok((await doctor(d1)).includes('adverts_refused'));
  });

  test('doctor does not judge what it cannot see', async () => {
    const elsewhere = await lab
      .host('client')
      .exec(process.execPath, [LBCTL, '--run-dir', d1.runDir, 'doctor']);
    assert.equal(elsewhere.code, 1);
    assert.match(elsewhere.stderr, /another network namespace: nsenter --target \d+ --net lbctl doctor/);
    await d2.stop();
    assert.deepEqual(await doctor(d2, file('before.yaml', text(100))), []);
  });
});
