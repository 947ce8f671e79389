// Pings, and what a datagram hears of hosts and routes that are missing.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Ip } from '../../src/base/ip.ts';
import { millis } from '../../src/base/units.ts';
import { openDatagramSocket } from '../../src/kernel/datagram-socket.ts';
import { createPinger, type Pinger } from '../../src/kernel/ping-socket.ts';
import type { ProbeSource } from '../../src/model/check.ts';
import type { ProbeOutcome } from '../../src/model/probe.ts';
import { probePing } from '../../src/probes/ping.ts';
import { probeUdp } from '../../src/probes/udp.ts';
import { KernelHosts } from '../support/kernel-hosts.ts';

const LONG = millis(5000);
const SHORT = millis(200);
const D2 = '172.25.1.2';

suite('probes', () => {
  let hosts: KernelHosts;
  let pinger: Pinger;

  before(async () => {
    hosts = await KernelHosts.open(() => undefined);
    pinger = createPinger();
    // A host that does not answer to ARP is given up after 300 ms instead of 3 s.
    await hosts.sh('d1', 'sysctl -qw net.ipv4.neigh.eth0.retrans_time_ms=100');
  });
  after(async () => {
    pinger.close();
    await hosts.close();
  });

  const from = (source: Partial<ProbeSource>): ProbeSource => ({
    ...{ address: null, port: null, interface: null, fwmark: null },
    ...source,
  });
  const said = ({ verdict, result }: ProbeOutcome) => `${verdict} ${result}`;
  const ping = (to: string, timeout = LONG, source: Partial<ProbeSource> = {}) =>
    hosts.on('d1', async () => {
      const target = { address: to as Ip, port: 0 };
      return probePing({ type: 'ping', target, source: from(source) }, timeout, pinger.ping);
    });
  const ask = (to: string, source: Partial<ProbeSource> = {}) =>
    hosts.on('d1', async () => {
      const reach = { target: { address: to as Ip, port: 9 }, source: from(source) };
      const config = { type: 'udp', ...reach, payload: Uint8Array.of(1), reply: null } as const;
      return probeUdp(config, LONG, openDatagramSocket);
    });

  test('probePing passes where a host answers, over both families and by interface', async () => {
    const linkLocal = await hosts.primary('d2', 'inet6');
    assert.equal(said(await ping(D2)), 'pass ok');
    assert.equal(said(await ping(D2, LONG, { interface: 'eth0' })), 'pass ok');
    assert.equal(said(await ping(linkLocal, LONG, { interface: 'eth0' })), 'pass ok');
    assert.equal(said(await ping(D2, SHORT, { interface: 'lo' })), 'fail timeout');
    assert.equal(said(await ping(D2, LONG, { interface: 'eth7' })), 'unknown error');
  });

  test('probePing keeps pings that run at once apart', async () => {
    await hosts.sh('d2', 'ip addr add 172.25.1.3/24 dev eth0; ip addr add 172.25.1.4/24 dev eth0');
    await hosts.sh('d2', "nft add table ip t; nft 'add chain ip t i { type filter hook input priority 0; }'");
    await hosts.sh('d2', 'nft add rule ip t i ip daddr 172.25.1.3 icmp type echo-request drop');
    const targets = Array.from({ length: 600 }, (_, i) => `172.25.1.${2 + (i % 3)}`);
    const outcomes = await Promise.all(targets.map((to) => ping(to, millis(2000))));
    await hosts.sh('d2', 'nft delete table ip t');
    assert.deepEqual(
      outcomes.map(said),
      targets.map((to) => (to === '172.25.1.3' ? 'fail timeout' : 'pass ok')),
    );
  });

  test('probePing sends from the address that it is given, if that is here', async () => {
    await hosts.sh('d1', 'ip addr add 172.25.1.9/24 dev eth0');
    await hosts.sh('d2', 'ip route add blackhole 172.25.1.1');
    assert.equal(said(await ping(D2, SHORT)), 'fail timeout');
    assert.equal(said(await ping(D2, LONG, { address: '172.25.1.9' as Ip })), 'pass ok');
    await hosts.sh('d2', 'ip route del blackhole 172.25.1.1');
    const elsewhere = await Promise.all([
      ping(D2, LONG, { address: '172.25.1.8' as Ip }),
      ping('fe80::1', LONG, { address: '2001:db8::8' as Ip, interface: 'eth0' }),
    ]);
    assert.deepEqual(elsewhere.map(said), ['unknown error', 'unknown error']);
  });

  test('probePing and probeUdp fail a host that is not there, and one that a router cannot reach', async () => {
    assert.equal(said(await ping('172.25.1.77')), 'fail unreachable');
    assert.equal(said(await ask('172.25.1.77')), 'fail unreachable');
    await hosts.sh('d1', 'ip route add 198.51.100.0/24 via 172.25.1.2');
    await hosts.sh('d2', 'sysctl -qw net.ipv4.ip_forward=1; ip route add unreachable 198.51.100.0/24');
    const { detail } = await ping('198.51.100.1');
    assert.equal(detail, 'host unreachable (198.51.100.1)');
    assert.equal(said(await ask('198.51.100.1')), 'fail unreachable');
    assert.equal(said(await ping('203.0.113.1')), 'fail unreachable');
    assert.equal(said(await ask('203.0.113.1')), 'fail unreachable');
  });

  test('probeUdp asks a link-local address by its interface', async () => {
    const linkLocal = await hosts.primary('d2', 'inet6');
    assert.equal(said(await ask(linkLocal, { interface: 'eth0' })), 'fail refused');
  });

  test('probeUdp marks what it sends', async () => {
    await hosts.sh('d2', 'ip addr add 203.0.113.5/32 dev lo');
    await hosts.sh('d1', 'ip rule add fwmark 7 table 77; ip route add 203.0.113.5 via 172.25.1.2 table 77');
    assert.equal(said(await ask('203.0.113.5')), 'fail unreachable');
    assert.equal(said(await ask('203.0.113.5', { fwmark: 7 })), 'fail refused');
  });

  test('probePing finds an interface again that was down, and one that was made anew', async () => {
    const pair = 'ip link add v0 type veth peer name v1 netns';
    const { netns } = hosts.lab.host('d2');
    const make = async () => {
      await hosts.sh('d1', `${pair} ${netns}; ip addr add 10.9.9.1/24 dev v0; ip link set v0 up`);
      await hosts.sh('d2', 'ip addr add 10.9.9.2/24 dev v1; ip link set v1 up');
    };
    const byInterface = (timeout = LONG) => ping('10.9.9.2', timeout, { interface: 'v0' });
    await make();
    assert.equal(said(await byInterface()), 'pass ok');
    await hosts.sh('d1', 'ip link set v0 down');
    assert.equal((await byInterface()).verdict, 'fail');
    await hosts.sh('d1', 'ip link set v0 up');
    assert.equal(said(await byInterface()), 'pass ok');
    await hosts.sh('d1', 'ip link del v0');
    assert.notEqual((await byInterface(SHORT)).verdict, 'pass');
    await make();
    assert.equal(said(await byInterface()), 'pass ok');
  });
});
