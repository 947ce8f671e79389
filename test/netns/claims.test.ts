import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import type { Ip } from '../../src/base/ip.ts';
import type { Mac } from '../../src/base/mac.ts';
import { type AnnounceSocket, openAnnounceSocket } from '../../src/kernel/announce-socket.ts';
import { type ClaimMonitor, openClaimMonitor } from '../../src/kernel/claim-monitor.ts';
import { ETHERTYPE_ARP, encodeArpProbe, encodeArpRequest, encodeGratuitousArp } from '../../src/wire/arp.ts';
import type { Claim } from '../../src/wire/claim.ts';
import { ETHERTYPE_IPV6, encodeNeighbourSolicitation, encodeUnsolicitedNa } from '../../src/wire/ndisc.ts';
import { eventually } from '../support/eventually.ts';
import { DONE, KernelHosts, value } from '../support/kernel-hosts.ts';

const LIMIT = 5000;
const VIP = '172.25.1.100' as Ip;
const VIP6 = '2001:db8::100' as Ip;
const VMAC = '00:00:5e:00:01:33' as Mac;
const LAST = '172.25.1.99' as Ip;

suite('claims to addresses on the link', () => {
  let hosts: KernelHosts;
  let monitor: ClaimMonitor;
  let heard: (Claim & { readonly ifindex: number })[] = [];
  const senders = new Map<string, AnnounceSocket>();
  const links = new Map<string, { readonly ifindex: number; readonly mac: Mac }>();
  const link = (name: string) => links.get(name) ?? assert.fail(name);

  const learn = async (host: string, dev: string) => {
    const { ifindex, address } = await hosts.show(host, `link show dev ${dev}`);
    links.set(`${host} ${dev}`, { ifindex, mac: address });
  };
  const send = (from: string, frame: Uint8Array) => {
    const ethertype = (frame[12] ?? 0) * 256 + (frame[13] ?? 0);
    assert.ok(ethertype === ETHERTYPE_ARP || ethertype === ETHERTYPE_IPV6);
    const sender = senders.get(from.split(' ')[0] ?? '') ?? assert.fail(from);
    assert.deepEqual(sender.send(link(from).ifindex, ethertype, frame), DONE);
  };
  /** What was heard by the time that a last claim from d2 arrives, without that one. */
  const settle = async () => {
    send('d2 eth0', encodeGratuitousArp(link('d2 eth0').mac, LAST));
    await eventually(
      'the last claim is heard',
      LIMIT,
      () => heard.some(({ address }) => address === LAST),
      5,
    );
    return heard.filter(({ address }) => address !== LAST);
  };

  before(async () => {
    hosts = await KernelHosts.open(() => undefined);
    await hosts.sh('d1', `ip link add vrrp.51 link eth0 address ${VMAC} type macvlan mode private`);
    await hosts.sh('d1', 'ip link set vrrp.51 up');
    for (const host of ['d1', 'd2']) {
      await learn(host, 'eth0');
      senders.set(host, value(await hosts.on(host, openAnnounceSocket)));
    }
    await learn('d1', 'vrrp.51');
    await hosts.sh('d2', 'ip addr add 2001:db8::2/64 dev eth0 nodad');
    await hosts.sh('d1', 'ip addr add 2001:db8::1/64 dev eth0 nodad');
  });
  after(async () => {
    for (const sender of senders.values()) sender.close();
    await hosts.close();
  });

  beforeEach(async () => {
    heard = [];
    monitor = await hosts.on('d1', () =>
      openClaimMonitor({
        onClaim: (ifindex, claim) => heard.push({ ifindex, ...claim }),
        onError: (because) => assert.fail(because),
      }),
    );
  });
  afterEach(() => monitor.close());

  /** A socket belongs to the namespace that it is opened in. */
  const follow = async (...addresses: readonly Ip[]) =>
    assert.deepEqual(await hosts.on('d1', () => monitor.follow([...addresses, LAST])), DONE);

  test('openClaimMonitor() hears the claims of others to the addresses that it follows, and no others', async () => {
    await follow(VIP, VIP6);
    const { ifindex } = link('d1 eth0');
    const { mac } = link('d2 eth0');
    send('d2 eth0', encodeGratuitousArp(mac, VIP));
    send('d2 eth0', encodeUnsolicitedNa(mac, VIP6, false));
    send('d2 eth0', encodeGratuitousArp(mac, '172.25.1.101' as Ip));
    send('d2 eth0', encodeUnsolicitedNa(mac, '2001:db8::101' as Ip, false));
    send('d2 eth0', encodeArpProbe(mac, VIP));
    // Not only on one interface, and in the order of arrival for each family.
    const said = (address: Ip, on: number) => ({ ifindex: on, address, mac, kind: 'announcement' as const });
    const [first, second] = [ifindex, link('d1 vrrp.51').ifindex];
    const wanted = [VIP, VIP6].flatMap((address) => [said(address, first), said(address, second)]);
    const order = (claims: readonly object[]) => claims.map((one) => JSON.stringify(one)).sort();
    await eventually('both are heard', LIMIT, () => heard.length >= wanted.length, 5);
    assert.deepEqual(order(await settle()), order(wanted));

    heard = [];
    await follow('172.25.1.101' as Ip);
    send('d2 eth0', encodeGratuitousArp(mac, VIP));
    send('d2 eth0', encodeUnsolicitedNa(mac, VIP6, false));
    assert.deepEqual(await settle(), [], 'no longer followed');
  });

  test('openClaimMonitor() does not hear this machine, but hears its virtual MAC address from the wire', async () => {
    await follow(VIP, VIP6);
    const own = link('d1 eth0').mac;
    send('d1 eth0', encodeGratuitousArp(own, VIP));
    send('d1 eth0', encodeUnsolicitedNa(own, VIP6, false));
    send('d1 vrrp.51', encodeGratuitousArp(VMAC, VIP));
    send('d1 vrrp.51', encodeUnsolicitedNa(VMAC, VIP6, false));
    assert.deepEqual(await settle(), []);
    send('d2 eth0', encodeGratuitousArp(VMAC, VIP));
    await eventually('it is heard', LIMIT, () => heard.some(({ address }) => address === VIP), 5);
    const { ifindex } = link('d1 vrrp.51');
    const claims = heard.filter(({ address }) => address === VIP);
    assert.deepEqual(claims, [{ ifindex, address: VIP, mac: VMAC, kind: 'announcement' }]);
  });

  test('the answers to questions that openAnnounceSocket() sends are heard as replies', async () => {
    const holder = hosts.lab.host('d2').address as Ip;
    const holder6 = '2001:db8::2' as Ip;
    const { mac } = link('d2 eth0');
    await follow(holder, holder6);
    for (const dev of ['eth0', 'vrrp.51']) {
      const from = link(`d1 ${dev}`);
      const probe = encodeArpProbe(from.mac, holder);
      const questions: readonly (readonly [Uint8Array, Ip])[] = [
        [probe, holder],
        [encodeArpRequest(from.mac, hosts.lab.host('d1').address as Ip, holder), holder],
        ...(dev === 'eth0'
          ? ([[encodeNeighbourSolicitation(from.mac, '2001:db8::1' as Ip, holder6), holder6]] as const)
          : []),
      ];
      for (const [question, address] of questions) {
        heard = [];
        send(`d1 ${dev}`, question);
        const answer = { ifindex: from.ifindex, address, mac, kind: 'reply' };
        await eventually('it is answered', LIMIT, () => heard.some(({ kind }) => kind === 'reply'), 5);
        assert.deepEqual(
          heard.find(({ kind }) => kind === 'reply'),
          answer,
          `${dev} ${address}`,
        );
      }
    }
    heard = [];
    send('d1 eth0', encodeNeighbourSolicitation(link('d1 eth0').mac, null, holder6));
    await eventually('nobody is answered', LIMIT, () => heard.some(({ address }) => address === holder6), 5);
    assert.equal(heard.find(({ address }) => address === holder6)?.kind, 'announcement');
  });

  test('openClaimMonitor() follows more addresses than a filter has room for', async () => {
    const many = Array.from(
      { length: 2500 },
      (_, i) => [`10.${i >> 8}.${i & 255}.1`, `fd00::${i}`] as Ip[],
    ).flat();
    await follow(...many, VIP, VIP6);
    const { mac } = link('d2 eth0');
    send('d2 eth0', encodeGratuitousArp(mac, '172.25.1.101' as Ip));
    send('d2 eth0', encodeGratuitousArp(mac, VIP));
    send('d2 eth0', encodeUnsolicitedNa(mac, VIP6, false));
    await eventually('both are heard', LIMIT, () => heard.some(({ address }) => address === VIP6), 5);
    assert.deepEqual(new Set((await settle()).map(({ address }) => address)), new Set([VIP, VIP6]));
  });
});
