import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Ip } from '../../src/base/ip.ts';
import { type NextHop, type NextHops, openNextHops } from '../../src/kernel/neighbours.ts';
import { eventually } from '../support/eventually.ts';
import { KernelHosts, value } from '../support/kernel-hosts.ts';

const LIMIT = 5000;
const BEHIND = '10.9.0.1' as Ip;

suite('the next hops to hosts', () => {
  let hosts: KernelHosts;
  let hops: NextHops;

  before(async () => {
    hosts = await KernelHosts.open(() => undefined);
    hops = value(await hosts.on('d1', () => openNextHops(() => undefined)));
  });
  after(async () => {
    hops.close();
    await hosts.close();
  });

  const to = (host: Ip): NextHop | null => {
    const hop = hops.to(host);
    return hop?.ok === true ? hop.value : null;
  };
  const macOf = async (host: string) => (await hosts.show(host, 'link show dev eth0')).address;

  test('are asked for without a packet to them, follow another address, and lead over routers', async () => {
    const d2 = await hosts.primary('d2', 'inet');
    const d2v6 = await hosts.primary('d2', 'inet6');
    const own = await hosts.primary('d1', 'inet');
    const nobody = '172.25.1.77' as Ip;
    const fixed = '172.25.1.78' as Ip;
    await hosts.sh('d1', `ip neigh add ${fixed} dev eth0 lladdr 02:00:00:00:00:78 nud permanent`);
    hops.follow([d2, fixed, nobody, own, BEHIND]);
    await eventually('the neighbour is known', LIMIT, () => (to(d2)?.destination ?? null) !== null);
    await eventually('nobody answers', LIMIT, () => to(nobody)?.destination === 'does not answer');
    const { ifindex, mtu } = await hosts.show('d1', 'link show dev eth0');
    assert.deepEqual(to(d2), {
      ...{ ifindex, mtu, gateway: null, address: own },
      source: await macOf('d1'),
      destination: await macOf('d2'),
    });
    assert.deepEqual(hops.to(own), { ok: false, error: 'its address is one of this machine' });
    assert.deepEqual(hops.to(BEHIND), { ok: false, error: 'there is no route' });
    assert.equal(to(d2v6), null, 'nobody has asked for it');

    await hosts.sh('d1', `ip route add 10.9.0.0/24 via ${d2}`);
    await eventually('the router is known', LIMIT, () => to(BEHIND)?.destination === to(d2)?.destination);
    assert.equal(to(BEHIND)?.gateway, d2);

    await hosts.sh(
      'd2',
      'ip link set eth0 address 02:00:00:00:00:99; arping -q -U -c 3 -I eth0 172.25.1.2 || :',
    );
    await eventually('the new address', LIMIT, () => to(d2)?.destination === '02:00:00:00:00:99');
    assert.equal(to(BEHIND)?.destination, '02:00:00:00:00:99');
    await hosts.sh('d1', 'ip route del 10.9.0.0/24; ip link set eth0 mtu 1400');
    await eventually('the route is gone', LIMIT, () => to(BEHIND) === null && to(d2)?.mtu === 1400);
    assert.equal(to(fixed)?.destination, '02:00:00:00:00:78');
    assert.match(await hosts.sh('d1', `ip neigh show ${fixed}`), /PERMANENT/, 'it was left alone');
  });
});
