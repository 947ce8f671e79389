// Each fault is made for real, and what doctor says to do about it is run as it is printed.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createLab, type Lab } from '../lab/lab.ts';
import { LBCTL } from '../support/director.ts';

const VIP = '172.25.1.100';
const VIP6 = '2001:db8::100';

interface Finding {
  readonly severity: string;
  readonly code: string;
  readonly fix: string | null;
}

/** Of these machines it is so with and without the faults: no lbd and, as the case may be, no IPVS. */
const ALWAYS = ['ipvs_missing', 'scheduler_missing', 'nat_return_route', 'not_persistent'];

suite('what lbctl doctor says to do', () => {
  let lab: Lab;
  before(async () => {
    lab = await createLab({ directors: 1, servers: 1, web: false, vip: VIP });
    mkdirSync(path.join(lab.directory, 'bin'));
    writeFileSync(
      path.join(lab.directory, 'bin/lbctl'),
      `#!/bin/sh\nexec ${process.execPath} ${LBCTL} --run-dir ${lab.directory}/none "$@"\n`,
      { mode: 0o755 },
    );
  });
  after(() => lab.close());

  const run = (host: string, command: string) =>
    lab.host(host).exec('sh', ['-c', `PATH=${lab.directory}/bin:$PATH; ${command}`]);
  const sh = async (host: string, ...commands: readonly string[]) => {
    const done = await run(host, `set -e; ${commands.join('; ')}`);
    assert.equal(done.code, 0, `${commands.join('; ')}: ${done.stderr}${done.stdout}`);
  };
  const doctor = async (host: string, words: string) => {
    const done = await run(host, `lbctl doctor ${words} -o json`);
    assert.ok(done.stdout !== '', done.stderr);
    const { findings } = JSON.parse(done.stdout) as { findings: readonly Finding[] };
    return findings.filter(({ code }) => !ALWAYS.includes(code));
  };
  /** Finds exactly these, runs what it says on the machine that it names, and finds nothing any more. */
  const cures = async (host: string, words: string, codes: readonly string[]) => {
    const found = await doctor(host, words);
    assert.deepEqual(
      found.map(({ code }) => code),
      codes,
      JSON.stringify(found),
    );
    for (const { fix } of found) {
      assert.ok(fix !== null);
      const where = fix.endsWith(`# on ${lab.host('rs1').address}`) ? 'rs1' : host;
      // A network namespace that is entered has mounts of its own: what is remembered goes with it.
      await sh(where, 'mount -t tmpfs none /var/lib', fix);
    }
    assert.deepEqual(await doctor(host, words), []);
  };

  const ROUTER = `vrrp:
  VI_1: { interface: eth0, virtual_router_id: 51, virtual_addresses: [${VIP}/24] }
`;
  const service = (forward: string, ...servers: readonly string[]) => `services:
  web: { address: ${VIP}, port: 80, protocol: tcp, scheduler: rr, forward: ${forward}, servers: [${servers.join(', ')}] }
`;
  const file = (...parts: readonly string[]) => {
    const where = path.join(lab.directory, 'lbd.yaml');
    writeFileSync(where, parts.join(''));
    return where;
  };

  test('doctor ends what keeps the answers of NAT servers back', async () => {
    await sh(
      'd1',
      'sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.send_redirects=1',
      `ip route add default via ${lab.host('client').address}`,
      'nft add table ip f; nft add chain ip f between "{ type filter hook forward priority 0; policy drop; }"',
      'nft add rule ip f between ct state established,related accept',
    );
    const words = file(service('nat', lab.host('rs1').address, '172.25.1.102'));
    await cures('d1', words, ['forwarding_off', 'send_redirects', 'firewall_forward']);
    await sh('d1', 'ip route del default; nft flush ruleset');
  });

  test('doctor ends what a packet filter does to adverts on their way in and out', async () => {
    await sh(
      'd1',
      'nft add table inet i; nft add chain inet i in "{ type filter hook input priority 0; policy drop; }"',
      'nft add rule inet i in ct state established,related accept; nft add rule inet i in meta l4proto icmp accept',
      'nft add table ip o; nft add chain ip o out "{ type filter hook output priority 0; }"',
      'nft add rule ip o out ip protocol vrrp drop',
    );
    await cures('d1', file(ROUTER), ['firewall_vrrp', 'firewall_vrrp']);
    await sh('d1', 'nft flush ruleset');
  });

  test('doctor ends a strict filter on the way in, and makes room for tunnels', async () => {
    await sh(
      'd1',
      'ip link add up0 type veth peer name up1; ip link set up0 up; ip link set up1 up',
      'ip addr add 10.77.0.1/24 dev up0; ip route add default via 10.77.0.2 dev up0',
      'sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=1',
    );
    const words = file(ROUTER, service('tun', '10.77.0.7'));
    await cures('d1', words, ['rp_filter_strict', 'tunnel_mtu']);
    await sh('d1', 'ip link del up0');
  });

  test('doctor ends a real server that answers ARP, on that server', async () => {
    await sh('rs1', 'sysctl -qw net.ipv4.conf.all.arp_ignore=0');
    await cures('d1', file(ROUTER, service('dr', lab.host('rs1').address)), ['real_server_answers_arp']);
  });

  test('doctor ends a virtual address that somebody else has put there, and a backup that is heard', async () => {
    await sh('d1', `ip addr add ${VIP}/24 dev eth0; ip addr add ${VIP}/32 dev lo`);
    await cures('d1', file(ROUTER), ['arp_ignore', 'vip_outside_lbd']);
    await sh('d1', `ip addr del ${VIP}/32 dev lo`);
  });

  test('doctor ends an interface that is down', async () => {
    await sh('d1', 'ip link set eth0 down');
    await cures('d1', file(ROUTER), ['no_carrier']);
  });

  test('doctor --realserver ends what a real server is heard by', async () => {
    await sh(
      'rs1',
      'ip link set lo down; sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0',
      `ip addr add ${VIP6}/128 dev lo; ip -6 neigh add proxy ${VIP6} dev eth0`,
    );
    const codes = ['link_down', 'arp_ignore', 'link_down', 'ndp_proxy', 'arp_announce'];
    await cures('rs1', `--realserver ${VIP} ${VIP6}`, codes);
  });

  for (const [code, place] of [
    ['vip_prefix', 'lo'],
    ['vip_on_segment', 'eth0'],
  ] as const) {
    test(`doctor --realserver ends ${code}`, async () => {
      await sh('rs1', `ip addr del ${VIP}/32 dev lo; ip addr add ${VIP}/24 dev ${place}`);
      await cures('rs1', `--realserver ${VIP}`, [code]);
    });
  }
});
