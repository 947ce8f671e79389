import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import type { Family } from '../../src/base/ip.ts';
import type { Mac } from '../../src/base/mac.ts';
import { openVmacWriter, type VmacWriter } from '../../src/kernel/vmac.ts';
import { eventually } from '../support/eventually.ts';
import { DONE, FAMILIES, GROUP, KernelHosts, value, vip } from '../support/kernel-hosts.ts';

const LIMIT = 5000;

suite('interfaces with a virtual MAC address', () => {
  let hosts: KernelHosts;
  before(async () => {
    hosts = await KernelHosts.open(() => undefined);
  });
  after(() => hosts.close());

  let vmacs: VmacWriter;
  beforeEach(async () => {
    vmacs = value(await hosts.on('d1', () => openVmacWriter((dev) => hosts.linkLocal(dev))));
  });
  afterEach(() => vmacs.close());

  const MAC: Readonly<Record<Family, Mac>> = {
    inet: '00:00:5e:00:01:33' as Mac,
    inet6: '00:00:5e:00:02:33' as Mac,
  };
  const vmacOf = (family: Family) => ({ name: 'vrrp.51', base: 'eth0', mac: MAC[family] });
  const ensure = (family: Family) => hosts.on('d1', () => vmacs.ensure(vmacOf(family), new Set([family])));
  const link = async () => {
    const shown = await hosts.show('d1', 'link show dev vrrp.51');
    const { ifindex, address, operstate, link: base, linkinfo } = shown;
    return { ifindex, address, operstate, base, kind: linkinfo.info_kind, mode: linkinfo.info_data?.mode };
  };
  const settings = async (dev: string, ...names: readonly string[]) =>
    (
      await hosts.sh(
        'd1',
        `cd /proc/sys/net && cat ${names.map((name) => name.replace('DEV', dev)).join(' ')}`,
      )
    )
      .split('\n')
      .join(' ');
  const ARP = ['ipv4/conf/DEV/arp_ignore', 'ipv4/conf/DEV/arp_filter'];

  for (const family of FAMILIES) {
    test(`ensure() makes one from which adverts over ${family} carry its MAC`, async () => {
      assert.deepEqual(await ensure(family), DONE);
      const made = await link();
      const { ifindex, ...rest } = made;
      const right = { base: 'eth0', operstate: 'UP', kind: 'macvlan', mode: 'private' };
      assert.deepEqual(rest, { address: MAC[family], ...right });
      const ipv6 = await settings('vrrp.51', 'ipv6/conf/DEV/addr_gen_mode', 'ipv6/conf/DEV/disable_ipv6');
      assert.equal(ipv6, family === 'inet' ? '1 1' : '1 0');
      assert.equal(await settings('eth0', ...ARP), family === 'inet' ? '1 1' : '0 0');
      assert.deepEqual(await ensure(family), DONE);
      assert.deepEqual(await link(), made, 'a right one stays');

      const source = await hosts.primary('d1', family);
      const [d1, d2] = [
        await hosts.openSocket('d1', 'vrrp.51', family),
        await hosts.openSocket('d2', 'eth0', family),
      ];
      try {
        const sniffer = hosts.lab
          .host('d2')
          .exec('timeout', ['5', 'tcpdump', '-lnec1', '-ieth0', 'proto', '112']);
        const advert = { source, destination: GROUP[family], ttl: 255, payload: Uint8Array.of(1) };
        let seen: string | null = null;
        void sniffer.then(({ stdout }) => {
          seen = stdout;
        });
        await eventually('a frame is seen', LIMIT, () => {
          assert.deepEqual(d1.socket.send(advert), DONE);
          return seen !== null;
        });
        assert.match(seen ?? '', new RegExp(` ${MAC[family]} > `));
        assert.deepEqual(d2.heard[0], advert);
        // As a member of the group on its own interface, not on the base.
        assert.deepEqual(d2.socket.send({ ...advert, source: await hosts.primary('d2', family) }), DONE);
        await eventually('it hears', LIMIT, () => d1.heard.length > 0);
      } finally {
        d1.socket.close();
        d2.socket.close();
      }
      assert.deepEqual(await hosts.on('d1', () => vmacs.remove('vrrp.51')), DONE);
      assert.equal(await hosts.sh('d1', 'ip -o link show type macvlan'), '');
      assert.equal(await settings('eth0', ...ARP), '0 0');
      assert.deepEqual(await hosts.on('d1', () => vmacs.remove('vrrp.51')), DONE, 'gone already');
    });
  }

  test('ensure() replaces a wrong one, and leaves what is none alone', async () => {
    const wrong = [
      'link eth0 address 02:00:00:00:00:01 type macvlan mode private',
      `link eth0 address ${MAC.inet} type macvlan mode bridge`,
      `link spare address ${MAC.inet} type macvlan mode private`,
    ];
    await hosts.sh('d1', 'ip link add spare type veth peer name spare1');
    for (const words of wrong) {
      await hosts.sh('d1', `ip link add vrrp.51 ${words}`);
      assert.deepEqual(await ensure('inet'), DONE);
      const { address, mode, base } = await link();
      assert.deepEqual({ address, mode, base }, { address: MAC.inet, mode: 'private', base: 'eth0' });
      assert.deepEqual(await hosts.on('d1', () => vmacs.remove('vrrp.51')), DONE);
    }
    await hosts.sh('d1', 'ip link add vrrp.51 type veth peer name other');
    const { ifindex } = await link();
    assert.deepEqual(await ensure('inet'), { ok: false, error: 'there is another interface of this name' });
    assert.deepEqual(await hosts.on('d1', () => vmacs.remove('vrrp.51')), DONE);
    assert.equal((await link()).ifindex, ifindex);
    await hosts.sh('d1', 'ip link del vrrp.51 && ip link del spare');
    const astray = { ...vmacOf('inet'), base: 'eth9' };
    assert.deepEqual(await hosts.on('d1', () => vmacs.ensure(astray, new Set(['inet']))), {
      ok: false,
      error: 'interface eth9 does not exist',
    });
  });

  test('ensure() leaves IPv6 on where there are such addresses too', async () => {
    const both = new Set(FAMILIES);
    assert.deepEqual(await hosts.on('d1', () => vmacs.ensure(vmacOf('inet'), both)), DONE);
    await eventually('the watch has it', LIMIT, () => hosts.interfaces.ifindex('vrrp.51') !== null);
    const outcomes = await hosts.addresses.add(
      [vip('172.25.1.100', 32, { dev: 'vrrp.51' }), vip('2001:db8::100', 64, { dev: 'vrrp.51' })],
      null,
    );
    assert.deepEqual(outcomes, [
      { ok: true, value: true },
      { ok: true, value: true },
    ]);
    assert.deepEqual(await hosts.on('d1', () => vmacs.remove('vrrp.51')), DONE);
  });
});
