import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLab, type Lab } from '../lab/lab.ts';
import { eventually } from '../support/eventually.ts';

const LBCTL = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const VIP = '172.25.1.100';
const VIP6 = '2001:db8::100';

/** d1 is to become a real server of direct routing; the client's static neighbour entry is the director's rewriting. */
suite('lbctl realserver on a real kernel', () => {
  let lab: Lab;
  before(async () => {
    lab = await createLab({ directors: 1, servers: 0, web: false, vip: VIP });
    await sh('d1', 'ip addr add 2001:db8::11/64 dev eth0 nodad');
    await sh('client', 'ip addr add 2001:db8::1/64 dev eth0 nodad');
    await lab.web('d1').start();
    const settled = async () => (await sh('d1', 'ip -6 addr show tentative')) === '';
    await eventually('the link-local address is settled', 10_000, settled);
  });
  after(() => lab.close());

  const sh = async (host: string, command: string) => {
    const done = await lab.host(host).exec('sh', ['-ec', command]);
    assert.equal(done.code, 0, `${command}: ${done.stderr}${done.stdout}`);
    return done.stdout;
  };
  const lbctl = (...words: readonly string[]) => lab.host('d1').exec(process.execPath, [LBCTL, ...words]);
  const realserver = async (order: string, ...words: readonly string[]) => {
    const done = await lbctl('realserver', order, ...words, '--state-dir', path.join(lab.directory, 'rs'));
    assert.equal(done.code, 0, done.stderr);
    return done.stdout.trimEnd().split('\n');
  };
  const dump = () => sh('d1', 'ip addr; sysctl -a 2>/dev/null | grep -E "arp_(ignore|announce)|rp_filter"');
  const whoHas = async (address: string) => {
    const { stdout } = await lab.host('client').exec('arping', ['-r', '-c2', '-W0.2', '-ieth0', address]);
    return stdout.trim().split('\n').filter(Boolean);
  };

  test('up is idempotent and silent, serves what is sent to it, and down leaves nothing behind', async () => {
    const asBefore = await dump();
    // Without the silence the address would be answered for: this is what up is about.
    await sh('d1', `ip addr add ${VIP}/32 dev lo`);
    assert.equal((await whoHas(VIP)).length, 2);
    await sh('d1', `ip addr del ${VIP}/32 dev lo`);

    assert.ok(
      (await realserver('up', VIP, '--dry-run')).every((line) => !line.startsWith('=') || /lo up/.test(line)),
    );
    assert.equal(await dump(), asBefore);
    await realserver('up', VIP, VIP6);
    assert.ok((await realserver('up', VIP, VIP6)).every((line) => line.startsWith('= ')));

    assert.deepEqual(await whoHas(VIP), []);
    assert.equal((await whoHas(lab.host('d1').address)).length, 2);
    assert.equal((await lab.host('client').exec('ping', ['-6', '-c1', '-W1', VIP6])).code, 1);

    const mac = (await sh('d1', 'cat /sys/class/net/eth0/address')).trim();
    await sh('client', `ip neigh replace ${VIP} lladdr ${mac} dev eth0 nud permanent`);
    await sh('client', `ip neigh replace ${VIP6} lladdr ${mac} dev eth0 nud permanent`);
    assert.equal((await sh('client', `curl -s -m 5 http://${VIP}/`)).trim(), 'd1');
    await sh('client', `ping -6 -c1 -W2 ${VIP6}`);

    const kept = await realserver('down', VIP6);
    assert.ok(kept.some((line) => line.startsWith('! ') && line.includes(`${VIP} on lo still needs it`)));
    await realserver('down', VIP);
    assert.equal(await dump(), asBefore);
  });

  test('up refuses an address that this machine answers for', async () => {
    await sh('d1', `ip addr add ${VIP}/24 dev eth0`);
    const asBefore = await dump();
    const refused = await lbctl('realserver', 'up', VIP, '--state-dir', path.join(lab.directory, 'none'));
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /is on eth0 of this machine: it is the director/);
    assert.equal(await dump(), asBefore);
    assert.ok(!existsSync(path.join(lab.directory, 'none')));
    await sh('d1', `ip addr del ${VIP}/24 dev eth0`);
  });

  test('doctor --realserver finds what up would have set, and nothing after it', async () => {
    const codes = async () => {
      const done = await lbctl('doctor', '--realserver', VIP, '-o', 'json');
      const { findings } = JSON.parse(done.stdout) as { findings: { code: string; severity: string }[] };
      const found = findings.filter(({ severity }) => severity !== 'hint').map(({ code }) => code);
      assert.equal(done.code, found.some((code) => code !== 'arp_announce') ? 1 : 0);
      return found;
    };
    assert.deepEqual(await codes(), ['vip_missing']);
    await sh('d1', `ip addr add ${VIP}/24 dev lo`);
    assert.deepEqual(await codes(), ['vip_prefix', 'arp_ignore', 'arp_announce']);
    await sh('d1', `ip addr del ${VIP}/24 dev lo`);
    await sh('d1', `ip addr add ${VIP}/24 dev eth0`);
    assert.ok((await codes()).includes('vip_on_segment'));
    await sh('d1', `ip addr del ${VIP}/24 dev eth0`);
    await realserver('up', VIP);
    assert.deepEqual(await codes(), []);
    await realserver('down', VIP);
  });
});
