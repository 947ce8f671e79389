import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { type Family, type Ip, ipFamily } from '../../src/base/ip.ts';
import { openAnnounceSocket } from '../../src/kernel/announce-socket.ts';
import type { VirtualAddress } from '../../src/model/addresses.ts';
import { ETHERTYPE_ARP, encodeGratuitousArp } from '../../src/wire/arp.ts';
import { ETHERTYPE_IPV6, encodeUnsolicitedNa } from '../../src/wire/ndisc.ts';
import { eventually } from '../support/eventually.ts';
import {
  DONE,
  FAMILIES,
  GROUP,
  KernelHosts,
  type ShownAddress,
  value,
  vip,
} from '../support/kernel-hosts.ts';

const LIMIT = 5000;

suite('the kernel', () => {
  let hosts: KernelHosts;
  let changes = 0;

  before(async () => {
    hosts = await KernelHosts.open(() => changes++);
  });
  after(() => hosts.close());

  for (const family of FAMILIES) {
    test(`openVrrpSocket() carries addresses, TTL and payload over ${family}`, async () => {
      const [d1, d2] = [
        await hosts.openSocket('d1', 'eth0', family),
        await hosts.openSocket('d2', 'eth0', family),
      ];
      try {
        const source = await hosts.primary('d1', family);
        const neighbour = await hosts.primary('d2', family);
        const nobodys = (family === 'inet' ? '172.25.1.77' : 'fe80::77') as Ip;
        const destination = GROUP[family];
        const sent = [
          { source, destination, ttl: 255, payload: Uint8Array.of(1, 2, 3, 4, 5, 6, 7) },
          { source, destination, ttl: 1, payload: new Uint8Array(1100).fill(7) },
          { source: nobodys, destination, ttl: 255, payload: Uint8Array.of(2) },
          { source, destination: neighbour, ttl: 64, payload: Uint8Array.of(3) },
        ];
        for (const datagram of sent) assert.deepEqual(d1.socket.send(datagram), DONE);
        await eventually('all arrive', LIMIT, () => d2.heard.length === sent.length);
        assert.deepEqual(d2.heard, sent);
        assert.deepEqual(d1.heard, [], 'its own are not heard');
      } finally {
        d1.socket.close();
        d2.socket.close();
      }
    });

    test(`drain() hands over what waits, in order, and nothing is lost or doubled, over ${family}`, async () => {
      const [d1, d2] = [
        await hosts.openSocket('d1', 'eth0', family),
        // As vrrp does before it announces an address.
        await hosts.openSocket('d2', 'eth0', family, (socket) => socket.drain()),
      ];
      try {
        const source = await hosts.primary('d1', family);
        const burst = Array.from({ length: 150 }, (_, i) => ({
          source,
          destination: GROUP[family],
          ttl: 255,
          payload: Uint8Array.of(i),
        }));
        for (const datagram of burst) d1.socket.send(datagram);
        assert.equal(d2.heard.length, 0);
        d2.socket.drain();
        const drained = d2.heard.length;
        assert.ok(drained > 0);
        await eventually('the rest arrives', LIMIT, () => d2.heard.length >= burst.length);
        assert.deepEqual(d2.heard, burst);
      } finally {
        d1.socket.close();
        d2.socket.close();
      }
    });
  }

  test('openAnnounceSocket() sends what moves an address in the caches of neighbours', async () => {
    const { address: mac, ifindex } = await hosts.show('d1', 'link show dev eth0');
    const announcer = value(await hosts.on('d1', openAnnounceSocket));
    try {
      const [vip4, vip6] = ['172.25.1.100' as Ip, '2001:db8::100' as Ip];
      for (const one of [vip4, vip6]) {
        await hosts.sh('client', `ip neigh replace ${one} lladdr 02:00:00:00:00:01 dev eth0 nud stale`);
      }
      assert.deepEqual(announcer.send(ifindex, ETHERTYPE_ARP, encodeGratuitousArp(mac, vip4)), DONE);
      assert.deepEqual(announcer.send(ifindex, ETHERTYPE_IPV6, encodeUnsolicitedNa(mac, vip6, false)), DONE);
      for (const one of [vip4, vip6]) {
        await eventually(`the client knows where ${one} is`, LIMIT, async () => {
          return (await hosts.show('client', `neigh show ${one} dev eth0`)).lladdr === mac;
        });
      }
      const nowhere = announcer.send(9999, ETHERTYPE_ARP, encodeGratuitousArp(mac, vip4));
      assert.deepEqual(nowhere, { ok: false, error: 'ENXIO' });
    } finally {
      announcer.close();
    }
  });

  suite('addresses', () => {
    let atFirst: readonly ShownAddress[];
    beforeEach(async () => {
      atFirst = await hosts.addressesOn('d1', 'eth0');
    });
    afterEach(async () =>
      assert.deepEqual(await hosts.addressesOn('d1', 'eth0'), atFirst, 'nothing is left'),
    );

    const performed = (outcome: unknown, n: number) => Array(n).fill({ ok: true, value: outcome });

    test('openAddressWriter() puts addresses on an interface with all their options', async () => {
      const wanted: readonly (readonly [VirtualAddress, object])[] = [
        [vip('172.25.1.100', 24), { label: 'eth0', secondary: true }],
        [vip('172.25.1.101', 32, { scope: 'link', label: 'eth0:7' }), { label: 'eth0:7', scope: 'link' }],
        [
          vip('10.1.1.1', 24, { broadcast: '10.1.1.255' as Ip, flags: ['noprefixroute'] }),
          { label: 'eth0', broadcast: '10.1.1.255', noprefixroute: true },
        ],
        [
          vip('10.2.2.1', 32, { peer: '10.2.2.2' as Ip, scope: 'host', preferredLifetime: 0 }),
          // Linux does not tell the preferred lifetime of an IPv4 address that is valid for ever.
          { label: 'eth0', address: '10.2.2.2', scope: 'host', deprecated: true },
        ],
        [vip('2001:db8::100', 64), { nodad: true }],
        [
          vip('2001:db8::101', 128, { preferredLifetime: 0, flags: ['noprefixroute', 'home'] }),
          { nodad: true, deprecated: true, noprefixroute: true, home: true, preferred: 0 },
        ],
        [
          vip('2001:db8::102', 128, { peer: '2001:db8::103' as Ip, preferredLifetime: 30_000 }),
          { nodad: true, address: '2001:db8::103', preferred: 30_000 },
        ],
      ];
      const all = wanted.map(([one]) => one);
      assert.deepEqual(await hosts.addresses.add(all, null), performed(true, all.length));
      assert.deepEqual(
        await hosts.addresses.add(all, null),
        performed(false, all.length),
        'they are there already',
      );
      const now = await hosts.addressesOn('d1', 'eth0');
      for (const [{ address: local, prefix: prefixlen, scope }, options] of wanted) {
        const found = now.find((one) => one.local === local);
        assert.ok(found !== undefined, local);
        const { valid_life_time, preferred_life_time, ...rest } = found;
        const preferred = preferred_life_time === valid_life_time ? 'forever' : preferred_life_time;
        assert.deepEqual(
          { preferred, ...rest },
          { family: ipFamily(local), local, prefixlen, scope, preferred: 'forever', ...options },
        );
      }
      await eventually('the watch has them all', LIMIT, () =>
        all.every((one) => hosts.interfaces.hasAddress(one)),
      );
      assert.deepEqual(await hosts.addresses.remove(all), performed(undefined, all.length));
      assert.deepEqual(
        await hosts.addresses.remove(all),
        performed(undefined, all.length),
        'they are gone already',
      );
    });

    test('remove() leaves the other addresses of the subnet', async () => {
      const [first, second] = [vip('10.9.0.1', 24), vip('10.9.0.2', 24)];
      await hosts.addresses.add([first, second], null);
      assert.deepEqual(await hosts.addresses.remove([first]), [DONE]);
      const left = (await hosts.addressesOn('d1', 'eth0')).filter(({ local }) => local.startsWith('10.9.0.'));
      assert.deepEqual(
        left.map(({ local }) => local),
        ['10.9.0.2'],
      );
      assert.deepEqual(await hosts.addresses.remove([second]), [DONE]);
    });

    test('add() says why an address cannot be put where it is wanted', async () => {
      const [absent, multicast] = await hosts.addresses.add(
        [vip('10.9.0.1', 24, { dev: 'eth9' }), vip('ff02::9', 64)],
        null,
      );
      assert.deepEqual(absent, { ok: false, error: 'no such interface' });
      assert.ok(multicast !== undefined && !multicast.ok);
      assert.match(multicast.error, /assign/);
    });

    test('lookup() gives the own address of an interface beside newer virtual ones', async () => {
      const own = await hosts.primary('d1', 'inet6');
      const newer = [vip('fe80::100', 64), vip('2001:db8::100', 64)];
      const seen = changes;
      await hosts.addresses.add(newer, null);
      await eventually('the watch has them', LIMIT, () =>
        newer.every((one) => hosts.interfaces.hasAddress(one)),
      );
      assert.ok(changes > seen);
      assert.equal(value(hosts.interfaces.lookup('eth0', 'inet6', new Set())).primary, own);
      const besides = value(hosts.interfaces.lookup('eth0', 'inet6', new Set([own]))).primary;
      assert.equal(besides, 'fe80::100', 'what VRRP put there itself is better than none');
      assert.ok(hosts.interfaces.isLocal('2001:db8::100' as Ip));
      await hosts.addresses.remove(newer);
    });
  });

  test('lookup() says what an interface lacks', async () => {
    await hosts.sh(
      'd1',
      'ip link add bare type veth peer name bare1 && ip link set dev bare addrgenmode none',
    );
    const is = (expected: string, family: Family = 'inet6') =>
      eventually(`it ${expected}`, LIMIT, () => {
        const found = hosts.interfaces.lookup('bare', family, new Set());
        return !found.ok && found.error === expected;
      });
    await is('is down');
    assert.equal(hosts.interfaces.isRunning('bare'), false);
    await hosts.sh('d1', 'ip link set bare up && ip link set bare1 up');
    await is('has no IPv6 link-local address');
    await is('has no IPv4 address', 'inet');
    assert.equal(hosts.interfaces.isRunning('bare'), true);
    // Nobody answers for it, but that is known only after a second.
    await hosts.sh('d1', 'ip addr add fe80::5/64 dev bare');
    await is('has no usable IPv6 link-local address besides virtual ones');
    await eventually('it is usable', LIMIT, () => hosts.linkLocal('bare') === 'fe80::5');
    await hosts.sh('d1', 'ip link del bare');
    await is('does not exist');
  });
});
