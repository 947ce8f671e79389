import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { type Ip, ipFamily } from '../../src/base/ip.ts';
import type { Mac } from '../../src/base/mac.ts';
import { endForgottenSilence } from '../../src/kernel/interface-silence.ts';
import { openQuietAddresses, type QuietAddresses } from '../../src/kernel/quiet-addresses.ts';
import { openVmacWriter } from '../../src/kernel/vmac.ts';
import type { VirtualAddress } from '../../src/model/addresses.ts';
import { eventually } from '../support/eventually.ts';
import { DONE, KernelHosts, value, vip } from '../support/kernel-hosts.ts';

const LIMIT = 5000;
const VMAC = { name: 'vrrp.51', base: 'eth0', mac: '00:00:5e:00:01:33' as Mac };

suite('leased addresses', () => {
  let hosts: KernelHosts;
  let changes = 0;
  before(async () => {
    hosts = await KernelHosts.open(() => changes++);
  });
  after(() => hosts.close());

  const pair = [vip('10.9.0.1', 24), vip('2001:db8::9', 64)];
  const FOREVER = 0xffffffff;
  const lifetimes = async (dev = 'eth0') => {
    const shown = await hosts.addressesOn('d1', dev);
    return pair.map(({ address }) => shown.find(({ local }) => local === address)?.valid_life_time);
  };
  /** Whether each has a lifetime that was set to so many seconds a moment ago. */
  const areLeasedFor = async (seconds: number) =>
    (await lifetimes()).every((left) => left !== undefined && left <= seconds && left > seconds - 3);

  afterEach(() => hosts.addresses.remove(pair));

  test('add() and renew() turn addresses for ever into leased ones, and back', async () => {
    const there = Array(2).fill({ ok: true, value: false });
    await hosts.addresses.add(pair, null);
    assert.deepEqual(await lifetimes(), [FOREVER, FOREVER]);
    assert.deepEqual(await hosts.addresses.renew(pair, 30), [DONE, DONE]);
    assert.ok(await areLeasedFor(30));
    assert.deepEqual(await hosts.addresses.add(pair, 90), there);
    assert.ok(await areLeasedFor(90));
    assert.deepEqual(await hosts.addresses.add(pair, null), there);
    assert.deepEqual(await lifetimes(), [FOREVER, FOREVER]);
  });

  test('add() for ever keeps what a former process had leased, and leaves a permanent one as it is', async () => {
    await hosts.sh('d1', 'ip addr add 10.9.0.1/24 dev eth0 valid_lft 30 preferred_lft 30');
    await hosts.sh('d1', 'ip addr add 2001:db8::9/64 dev eth0 nodad preferred_lft 0 valid_lft forever');
    await hosts.addresses.add(pair, null);
    assert.deepEqual(await lifetimes(), [FOREVER, FOREVER]);
    const shown = await hosts.addressesOn('d1', 'eth0');
    assert.equal(shown.find(({ local }) => local === '2001:db8::9')?.preferred_life_time, 0);
  });

  test('renew() and remove() of a leased address leave the route to its subnet to the others', async () => {
    const routes = () => hosts.sh('d1', 'ip route show dev eth0; ip -6 route show dev eth0');
    const before = await routes();
    await hosts.addresses.add(pair, 30);
    await hosts.addresses.remove(pair);
    assert.equal(await routes(), before, 'alone in it');
    await hosts.sh('d1', 'ip addr add 2001:db8::1/64 dev eth0 nodad; ip addr add 10.9.0.9/24 dev eth0');
    try {
      const own = await routes();
      await hosts.addresses.add(pair, null);
      await hosts.addresses.renew(pair, 30);
      await hosts.addresses.renew(pair, 30);
      assert.equal(await routes(), own);
      await hosts.addresses.remove(pair);
      assert.equal(await routes(), own);
    } finally {
      await hosts.sh('d1', 'ip addr del 2001:db8::1/64 dev eth0; ip addr del 10.9.0.9/24 dev eth0');
    }
  });

  test('an address goes by itself when nobody renews it, and renew() puts it back', async () => {
    await hosts.addresses.add(pair, 1);
    await eventually('they are gone', LIMIT, async () => {
      return (await lifetimes()).every((left) => left === undefined);
    });
    assert.deepEqual(await hosts.addresses.renew(pair, 30), [DONE, DONE]);
    assert.ok(await areLeasedFor(30));
  });

  test('watchInterfaces() does not dump for renewals, follows their age, and dumps for the rest', async () => {
    const age = () => pair.map((one) => hosts.interfaces.leaseAge(one));
    const settle = async () => {
      for (let seen = -1; seen !== changes; ) {
        seen = changes;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await hosts.addresses.add(pair, null);
    await eventually('the watch has them for ever', LIMIT, () =>
      pair.every((one) => hosts.interfaces.hasAddress(one) && hosts.interfaces.leaseAge(one) === null),
    );
    await hosts.addresses.renew(pair, 30);
    await eventually('leases are a change', LIMIT, () => age().every((one) => one !== null));
    await settle();
    const before = changes;
    const stopped = age();
    for (let i = 0; i < 40; i++) await hosts.addresses.renew(pair, 30);
    await settle();
    assert.equal(changes, before);
    await eventually('they age', LIMIT, () => age().every((one, i) => (one ?? 0) > (stopped[i] ?? 0)));
    await hosts.addresses.renew(pair, 30);
    await eventually('they are young again', LIMIT, () => age().every((one) => one !== null && one < 40_000));
    await hosts.sh('d1', 'ip addr del 10.9.0.1/24 dev eth0');
    await eventually('a loss is a change', LIMIT, () => changes > before && age()[0] === null);
  });

  suite('quiet', () => {
    let quiet: QuietAddresses;
    beforeEach(() => {
      quiet = openQuietAddresses(hosts.addresses);
    });

    const settings = (dev: string) =>
      hosts.sh('d1', `cd /proc/sys/net/ipv4/conf/${dev} && cat arp_ignore arp_announce tag`);
    /** All of a host's configuration that could change; lifetimes run. */
    const state = async (dev: string) =>
      [
        await hosts.sh('d1', 'ip -o addr show | sed "s/ valid_lft.*//"'),
        await hosts.sh('d1', 'ip route show table all; ip -6 route show table all | sort'),
        await settings(dev),
      ].join('\n');
    const isAnswered = async (address: Ip): Promise<boolean> => {
      if (ipFamily(address) === 'inet') {
        const asked = await hosts.lab.host('d2').exec('arping', ['-c2', '-w2', '-I', 'eth0', address]);
        return asked.code === 0;
      }
      await hosts.sh('d2', `ip neigh flush to ${address} dev eth0`);
      const asked = await hosts.lab.host('d2').exec('ping', ['-c1', '-W2', address]);
      return asked.code === 0;
    };

    const cases: readonly (readonly [string, VirtualAddress, VirtualAddress])[] = [
      ['inet', vip('172.25.1.100', 24), vip('10.9.0.7', 24)],
      ['inet6', vip('2001:db8::100', 64), vip('2001:db8::107', 64)],
      ['inet on a virtual MAC interface', vip('172.25.1.100', 32), vip('10.9.0.7', 24)],
    ];
    for (const [name, plain, other] of cases) {
      test(`quiet() loses no packet and lets nobody be answered, release() leaves nothing, for ${name}`, async () => {
        const isVmac = name.includes('MAC');
        const dev = isVmac ? VMAC.name : 'eth0';
        const [own, neighbour] = [
          { ...plain, dev },
          { ...other, dev },
        ];
        const vmacs = value(await hosts.on('d1', () => openVmacWriter((of) => hosts.linkLocal(of))));
        const { address } = own;
        try {
          if (isVmac) {
            assert.deepEqual(await hosts.on('d1', () => vmacs.ensure(VMAC, new Set(['inet']))), DONE);
            await eventually('the watch has it', LIMIT, () => hosts.interfaces.ifindex(dev) !== null);
          }
          // For the client's replies over IPv6 to have a way.
          await hosts.sh('client', 'ip addr replace 2001:db8::250/64 dev eth0 nodad');
          await hosts.sh('d2', 'ip addr replace 2001:db8::2/64 dev eth0 nodad');
          await hosts.addresses.add([neighbour], null);
          const before = await state(dev);
          await hosts.addresses.add([own], 30);
          const { address: mac } = await hosts.show('d1', `link show dev ${dev}`);
          await hosts.sh('client', `ip neigh replace ${address} lladdr ${mac} dev eth0 nud permanent`);
          assert.ok(await isAnswered(address), 'it is loud');

          const pinging = hosts.lab
            .host('client')
            .exec('ping', ['-q', '-i', '0.002', '-c', '250', '-W', '1', address]);
          await new Promise((resolve) => setTimeout(resolve, 200));
          assert.deepEqual(await hosts.on('d1', () => quiet.quiet([own])), [DONE]);
          assert.match((await pinging).stdout, / 250 received/);
          await hosts.addresses.add([own], 30);
          assert.deepEqual(await hosts.on('d1', () => quiet.quiet([own])), [DONE], 'and once more');
          assert.equal(await isAnswered(address), false);
          assert.deepEqual(await hosts.on('d1', () => quiet.release([own])), [DONE]);
          assert.equal(await state(dev), before);
        } finally {
          await hosts.sh('client', `ip neigh del ${address} dev eth0`);
          await hosts.addresses.remove([own, neighbour]);
          await hosts.on('d1', () => vmacs.remove(VMAC.name));
          vmacs.close();
        }
      });
    }

    test('release() after add() leaves the address on its interface only, and silence until the last', async () => {
      const [first, second] = [vip('172.25.1.100', 24), vip('172.25.1.101', 24)];
      const where = async (one: VirtualAddress) =>
        (await hosts.sh('d1', `ip -o addr show to ${one.address}`))
          .split('\n')
          .map((line) => line.split(/\s+/)[1]);
      const before = await settings('eth0');
      await hosts.addresses.add([first, second], 30);
      await hosts.on('d1', () => quiet.quiet([first, second]));
      assert.deepEqual([await where(first), await where(second)], [['lo'], ['lo']]);
      await hosts.addresses.add([first], 30);
      await hosts.on('d1', () => quiet.release([first]));
      assert.deepEqual(await where(first), ['eth0']);
      assert.match(await settings('eth0'), /^1\n2\n/);
      await hosts.on('d1', () => quiet.release([second]));
      assert.equal(await settings('eth0'), before);
      assert.ok(await isAnswered(first.address));
      await hosts.addresses.remove([first]);
    });

    for (const [name, tag, ...left] of [
      ['puts back what a process that died has left', 0, '0', '1', '0'],
      ['leaves alone what somebody has set since', 0, '0', '8', '0'],
      ['leaves it where the tag is somebody else’s', 7, '1', '2', '7'],
    ] as const) {
      test(`endForgottenSilence() ${name}`, async () => {
        const own = vip('172.25.1.100', 24);
        const conf = '/proc/sys/net/ipv4/conf/eth0';
        const set = (ignore: number, announce: number, mark: number) =>
          hosts.sh(
            'd1',
            `echo ${ignore} > ${conf}/arp_ignore; echo ${announce} > ${conf}/arp_announce; echo ${mark} > ${conf}/tag`,
          );
        await set(0, 1, tag);
        await hosts.on('d1', () => quiet.quiet([own]));
        assert.match(await settings('eth0'), /^1\n2\n/);
        if (left[1] === '8') await hosts.sh('d1', `echo 8 > ${conf}/arp_announce`);
        assert.deepEqual(await hosts.on('d1', endForgottenSilence), DONE);
        assert.equal(await settings('eth0'), left.join('\n'));
        await hosts.on('d1', () => quiet.release([own]));
        await set(0, 0, 0);
      });
    }

    test('quiet() leaves an address alone that the loopback interface has for ever', async () => {
      const own = vip('172.25.1.100', 24);
      await hosts.sh('d1', 'ip addr add 172.25.1.100/32 dev lo');
      const before = await state('eth0');
      await hosts.addresses.add([own], 30);
      assert.deepEqual(await hosts.on('d1', () => quiet.quiet([own])), [DONE]);
      const onLo = (await hosts.addressesOn('d1', 'lo')).find(({ local }) => local === own.address);
      assert.equal(onLo?.valid_life_time, FOREVER);
      assert.deepEqual(await hosts.on('d1', () => quiet.release([own])), [DONE]);
      assert.equal(await state('eth0'), before);
      await hosts.sh('d1', 'ip addr del 172.25.1.100/32 dev lo');
    });
  });
});
