import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import type { Dest, ObservedService, ServiceKey, TrafficStats, Tunnel } from '../../../src/model/services.ts';
import { type IpvsView, showIpvs, showIpvsService } from '../../../src/view/ipvsadm.ts';
import { NO_TRAFFIC, observedService } from '../../fakes/ipvs.ts';

// The tables that the kernel can be given are compared with ipvsadm itself (test/guest). Here are those whose
// counters take traffic to come about.

const tcp = (address: string, port = 80): ServiceKey => ({
  kind: 'address',
  protocol: 'tcp',
  address: address as Ip,
  port,
});
const attrs = { scheduler: 'wlc', schedulerFlags: [], persistence: null, onePacket: false };
const dest = (address: string): Dest => ({
  key: { address: address as Ip, port: 8080 },
  attrs: { weight: 10, forward: 'nat', upperThreshold: 0, lowerThreshold: 0, tunnel: null },
});
const table = (...services: readonly ObservedService[]) => ({
  version: '1.2.1',
  connectionTableSize: 4096,
  services,
});

const show = (of: ReturnType<typeof table>, view: IpvsView, exact = false, sorted = true): string =>
  showIpvs(of, { view, exact, sorted });

/** One service and one destination with the same traffic. */
function busy(stats: Partial<TrafficStats>): ObservedService {
  const service = observedService({ key: tcp('192.0.2.10'), attrs }, [dest('10.0.0.11')]);
  const traffic = { ...NO_TRAFFIC, ...stats };
  return { ...service, stats: traffic, dests: service.dests.map((each) => ({ ...each, stats: traffic })) };
}

const counters = (text: string): readonly string[] =>
  text
    .split('\n')
    .slice(3, 5)
    .map((line) => line.slice(33));

test('showIpvs prints the counts of connections in columns that end in spaces', () => {
  const service = observedService({ key: tcp('192.0.2.10'), attrs }, [dest('10.0.0.11')]);
  const dests = service.dests.map((each) => ({ ...each, activeConns: 120, inactiveConns: 4_000_000_000 }));
  assert.equal(
    show(table({ ...service, dests }), 'list'),
    'IP Virtual Server version 1.2.1 (size=4096)\n' +
      'Prot LocalAddress:Port Scheduler Flags\n' +
      '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n' +
      'TCP  192.0.2.10:80 wlc\n' +
      '  -> 10.0.0.11:8080               Masq    10     120        4000000000\n',
  );
});

test('showIpvs shortens by thousands, truncating, where nine columns do not suffice', () => {
  const shown = (count: bigint) => counters(show(table(busy({ conns: count })), 'stats'))[0]?.slice(0, 9);
  assert.deepEqual(
    [
      99_999_999n,
      100_000_000n,
      999_999_999n,
      1_000_000_000n,
      99_999_999_999n,
      100_000_000_000n,
      10n ** 14n,
    ].map(shown),
    [' 99999999', '  100000K', '  999999K', '    1000M', '   99999M', '     100G', '     100T'],
  );
});

test('showIpvs prints counters beyond 2^53 exactly when asked to', () => {
  const stats = { conns: 1n, inPackets: 123_456_789n, inBytes: 2n ** 53n + 1n, outBytes: 2n ** 64n - 1n };
  const expected = '        1 123456789        0 9007199254740993 18446744073709551615';
  assert.deepEqual(counters(show(table(busy(stats)), 'stats', true)), [expected, expected]);
});

test('showIpvs shortens rates in the first three columns of a service, not of a destination', () => {
  const stats = { cps: 100_000_000n, inPps: 2n, outPps: 3n, inBps: 400_000_000n, outBps: 5n };
  assert.deepEqual(counters(show(table(busy(stats)), 'rate')), [
    '  100000K        2        3  400000K        5',
    ' 100000000        2        3  400000K        5',
  ]);
});

test('showIpvs orders by a difference that wraps at 2^31, as ipvsadm does, or as the kernel', () => {
  const line = (address: string) => `TCP  ${address}:80 wlc`;
  const services = ['10.0.0.1', '192.0.2.1', '10.0.0.2', '128.0.0.9'].map((address) =>
    observedService({ key: tcp(address), attrs }),
  );
  const lines = (sorted: boolean) =>
    show(table(...services), 'list', false, sorted)
      .split('\n')
      .slice(3, -1);
  assert.deepEqual(lines(false), ['10.0.0.1', '192.0.2.1', '10.0.0.2', '128.0.0.9'].map(line));
  assert.deepEqual(lines(true), [
    'TCP  192.0.2.1:80 wlc',
    'TCP  10.0.0.1:80 wlc',
    'TCP  10.0.0.2:80 wlc',
    'TCP  128.0.0.9:80 wlc',
  ]);
});

test('showIpvs counts those that persistence keeps, and tells how tunnels are made', () => {
  const tunnel = (address: string, made: Tunnel): Dest => ({
    key: { address: address as Ip, port: 80 },
    attrs: { ...dest(address).attrs, forward: 'tun', tunnel: made },
  });
  const service = observedService({ key: tcp('192.0.2.10'), attrs }, [
    dest('10.0.0.11'),
    tunnel('10.0.0.12', { type: 'gue', port: 6080, checksum: 'remcsum' }),
    tunnel('10.0.0.13', { type: 'gre', port: 0, checksum: 'none' }),
  ]);
  const dests = service.dests.map((each) => ({ ...each, persistentConns: 7 }));
  const rows = (view: IpvsView) =>
    showIpvsService({ ...service, dests }, { view, exact: false, sorted: true }).split('\n');
  assert.deepEqual(rows('persistent-conn').slice(0, 4), [
    'Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn ',
    '  -> RemoteAddress:Port',
    'TCP  192.0.2.10:80 wlc',
    '  -> 10.0.0.11:8080               10        7           0          0         ',
  ]);
  assert.deepEqual(rows('tun-info').slice(3, 6), [
    '  -> 10.0.0.11:8080               Masq    n/a           10     0          0         ',
    '  -> 10.0.0.12:80                 Tunnel  gue:6080:r+c  10     0          0         ',
    '  -> 10.0.0.13:80                 Tunnel  gre:-c        10     0          0         ',
  ]);
});
