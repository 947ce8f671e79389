// Real servers as lbctl sets them up, behind IPVS: what the director encapsulates comes out and is answered.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

const LBCTL = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const LIMIT = 180_000;

suite('real servers that lbctl sets up', () => {
  let lab: Lab;
  before(async () => {
    lab = await createLab({ directors: 2, servers: 0, web: false });
    await lab.web('d2').start();
    // Loaded first: the devices of tunnels come with them, and are part of what was there before.
    await sh('d1', 'modprobe -a ip_vs ip_vs_rr ipip ip_gre fou');
    await sh('d2', 'sysctl -qw net.ipv4.conf.all.rp_filter=1');
  });
  after(() => lab.close());

  const sh = async (host: string, command: string) => {
    const done = await lab.host(host).exec('sh', ['-ec', command]);
    assert.equal(done.code, 0, `${command}: ${done.stderr}${done.stdout}`);
    return done.stdout;
  };
  const lbctl = async (...words: readonly string[]) => {
    const done = await lab.host('d2').exec(process.execPath, [LBCTL, ...words]);
    assert.equal(done.code, 0, done.stderr + done.stdout);
    return done.stdout;
  };
  const realserver = (order: string, ...words: readonly string[]) =>
    lbctl('realserver', order, lab.vip, ...words, '--state-dir', path.join(lab.directory, 'rs'));
  /** A device that was up once keeps its queue. */
  const dump = () =>
    sh(
      'd2',
      'ip addr | sed "s/ qdisc [a-z]*//"; ip fou show; sysctl -a 2>/dev/null | grep -E "arp_(ignore|announce)|rp_filter"',
    );
  /** One request through IPVS, in the way that ipvsadm's words say. */
  const serves = async (way: string) => {
    await sh('d1', `ip addr add ${lab.vip}/32 dev eth0; ipvsadm -A -t ${lab.vip}:80 -s rr`);
    await sh('d1', `ipvsadm -a -t ${lab.vip}:80 -r ${lab.host('d2').address} ${way}`);
    assert.equal((await sh('client', `curl -s -m 20 http://${lab.vip}/`)).trim(), 'd2');
    await sh('d1', `ipvsadm -C; ip addr del ${lab.vip}/32 dev eth0`);
  };

  test('realserver up serves what comes by gre, and down leaves nothing behind', async () => {
    const asBefore = await dump();
    await realserver('up', '--tunnel', 'gre');
    await serves('-i --tun-type gre');
    await realserver('down');
    assert.equal(await dump(), asBefore);
  });

  test('realserver up serves what comes by gue, once and for all, and down leaves nothing behind', async () => {
    const gue = ['--tunnel', 'gue', '--tunnel-port', '6080'];
    const asBefore = await dump();
    await realserver('up', ...gue);
    assert.doesNotMatch(await realserver('up', ...gue), /^[^=]/m);
    assert.doesNotMatch(await lbctl('doctor', '--realserver', lab.vip, ...gue), /^(error|warning)/m);
    await serves('-i --tun-type gue --tun-port 6080');
    await realserver('down');
    assert.equal(await dump(), asBefore);
  });

  test('doctor finds nothing on a director whose servers are well, and foreign services beside its own', async () => {
    await realserver('up');
    await serves('-g');
    const director = new Director(lab.host('d1'), path.join(lab.directory, 'lbd'));
    director.configure(`vrrp:
  VI_1: { interface: eth0, virtual_router_id: 51, virtual_addresses: [${lab.vip}/24] }
services:
  web:
    { address: ${lab.vip}, port: 80, protocol: tcp, scheduler: rr, forward: dr, servers: [${lab.host('d2').address}] }
`);
    director.start();
    try {
      await eventually('lbd serves', LIMIT, async () => (await director.servers()).length === 1, 1000);
      const doctor = async () =>
        (await director.host.exec(process.execPath, [LBCTL, '--run-dir', director.runDir, 'doctor'])).stdout;
      await director.becomes('MASTER', LIMIT);
      const healthy = await doctor();
      assert.doesNotMatch(healthy, /^(error|warning)/m);
      assert.match(healthy, /looked at:.*modules of IPVS; settings of IPVS/);
      await sh('d1', 'ipvsadm -A -t 10.9.9.9:80 -s rr');
      await eventually(
        'the table is read again',
        LIMIT,
        async () => /\[foreign_services\]/.test(await doctor()),
        1000,
      );
    } finally {
      await director.stop();
      await realserver('down');
    }
  });
});
