// lbd with XDP and servers behind tunnels, which lbctl sets up: the kernel's own tunnels take what the program makes.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Lab } from '../lab/lab.ts';
import { type Director, LBCTL } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { XdpSite } from '../xdp/lab/site.ts';

/** Everything but the timers themselves is slow under emulation. */
const LIMIT = 420_000;
const POSTED = 300_000;
const SERVER6 = 'fd00:1::2';
const GUE = ['--tunnel', 'gue', '--tunnel-port', '6080'];
const IPIP = ['--tunnel', 'ipip'];

/** `room` is what a packet of the client may have so that it fits into 1500 bytes. */
const WAYS = [
  { name: 'IPIP over IPv4', vip: '172.25.1.100', forward: 'tun', words: IPIP, device: 'tunl0', room: 1480 },
  {
    name: 'GUE over IPv4',
    vip: '172.25.1.121',
    forward: 'tun, tunnel: { type: gue, port: 6080 }',
    words: GUE,
    device: 'tunl0',
    room: 1468,
  },
  { name: 'IPv6 in IPv6', vip: 'fd00:1::100', forward: 'tun', words: IPIP, device: 'ip6tnl0', room: 1460 },
  {
    name: 'GUE over IPv6',
    vip: 'fd00:1::121',
    forward: 'tun, tunnel: { type: gue, port: 6080 }',
    words: GUE,
    device: 'ip6tnl0',
    room: 1448,
  },
] as const;

suite('XDP into tunnels', { concurrency: false }, () => {
  let site: XdpSite;
  let lab: Lab;
  let d1: Director;

  // d2 is the server: hosts of the lab that are made as servers have the address already.
  before(async () => {
    site = await XdpSite.open(2, 0);
    lab = site.lab;
    // The devices of tunnels come with them.
    await sh('d2', 'modprobe -a ipip fou ip6_tunnel; sysctl -qw net.ipv4.conf.all.rp_filter=1');
    await sh('client', 'ip addr add fd00:1::250/64 dev eth0 nodad');
    await sh('d1', 'ip addr add fd00:1::1/64 dev eth0 nodad');
    await sh('d2', `ip addr add ${SERVER6}/64 dev eth0 nodad`);
    await site.serve('d2');
    d1 = site.director('d1');
    const is6 = (vip: string) => vip.includes(':');
    const services = WAYS.map(
      ({ vip, forward }, i) =>
        `  s${i}: { address: '${vip}', port: 80, protocol: tcp, scheduler: rr, forward: ${forward}, servers: ['${is6(vip) ? SERVER6 : lab.host('d2').address}'] }`,
    );
    d1.configure(`net_namespace: ${d1.host.netns}
dataplane: xdp
xdp: { interfaces: [eth0] }
static_addresses: [${WAYS.map(({ vip }) => `'${vip}/${is6(vip) ? 128 : 32} dev eth0'`).join(', ')}]
services:
${services.join('\n')}
`);
    d1.start();
    await up(IPIP);
    await up(GUE);
    await eventually('all is programmed', LIMIT, async () => {
      const { check } = await d1.status();
      const services = check.value?.table.value?.services ?? [];
      return services.flatMap(({ dests }) => dests).length === WAYS.length;
    });
  });
  after(async () => {
    await d1.stop();
    await site.close();
  });

  const sh = async (host: string, command: string): Promise<string> => {
    const done = await lab.host(host).exec('sh', ['-ec', command]);
    assert.equal(done.code, 0, `${command}: ${done.stderr}${done.stdout}`);
    return done.stdout.trim();
  };
  /** Has lbctl make the server one of these addresses. */
  const up = (words: readonly string[]) => {
    const vips = WAYS.filter((way) => way.words === words).map(({ vip }) => vip);
    const state = ['--state-dir', path.join(lab.directory, 'rs')];
    return sh('d2', [process.execPath, LBCTL, 'realserver', 'up', ...vips, ...words, ...state].join(' '));
  };
  /** Packets that came out of a tunnel of the server. */
  const received = async (device: string): Promise<number> =>
    Number(await sh('d2', `cat /sys/class/net/${device}/statistics/rx_packets`));
  /** How many packets of clients did not fit, and the clients were told. */
  const told = async (): Promise<number> => {
    const { check } = await d1.status();
    return check.value?.table.value?.xdp?.counters['too_big_told'] ?? assert.fail();
  };

  for (const { name, vip, device, room } of WAYS) {
    test(`${name}: pages, downloads and uploads come through, and clients learn what fits`, {
      timeout: LIMIT,
    }, async () => {
      const url = `http://${vip.includes(':') ? `[${vip}]` : vip}`;
      const before = await received(device);
      assert.equal(await sh('client', `curl -gsS -m 60 ${url}/`), 'd2');
      assert.equal(await sh('client', `curl -gsS -m 60 ${url}/large | wc -c`), '1000000');
      const small = await told();
      const post = `head -c ${POSTED} /dev/zero | curl -gsS -m 90 --data-binary @- ${url}/`;
      assert.equal(await sh('client', post), String(POSTED));
      assert.ok((await told()) > small, 'the first packets were too large');
      assert.match(await sh('client', `ip route get ${vip}`), new RegExp(`mtu ${room}\\b`));
      const packets = (await received(device)) - before;
      assert.ok(packets > POSTED / room, `${packets} packets by ${device}`);
    });
  }
});
