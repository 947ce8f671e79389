import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Ip } from '../../../src/base/ip.ts';
import type { SyncDaemon } from '../../../src/model/ipvs-settings.ts';
import {
  decodeSyncDaemonReply,
  decodeTimeoutsReply,
  encodeIpvsSetting,
} from '../../../src/wire/ipvs/settings.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const daemons: fc.Arbitrary<SyncDaemon> = fc.record({
  role: fc.constantFrom('master' as const, 'backup' as const),
  interface: fc.constantFrom('eth0', 'bond0.7', 'a23456789012345'),
  id: fc.integer({ min: 0, max: 255 }),
  maxLength: fc.option(fc.integer({ min: 1, max: 65_507 })),
  group: fc.constantFrom('224.0.0.81' as Ip, 'ff08::81' as Ip),
  port: fc.integer({ min: 1, max: 65_535 }),
  ttl: fc.integer({ min: 1, max: 255 }),
});

test('decodeSyncDaemonReply reads what encodeIpvsSetting writes of a daemon', () => {
  fc.assert(
    fc.property(daemons, (daemon) => {
      const encoded = encodeIpvsSetting({ op: 'startSyncDaemon', daemon });
      // Records of fast-check have no prototype.
      assert.deepEqual(decodeSyncDaemonReply(encoded), { ...daemon });
    }),
  );
});

test('encodeIpvsSetting writes the attributes of linux/ip_vs.h, the port in host order', () => {
  const daemon = { role: 'master', interface: 'eth0', id: 51, maxLength: null } as const;
  const encoded = encodeIpvsSetting({
    op: 'startSyncDaemon',
    daemon: { ...daemon, group: '224.0.0.81' as Ip, port: 8848, ttl: 1 },
  });
  const parts = [
    '09010000', // IPVS_CMD_NEW_DAEMON
    '38000380', // IPVS_CMD_ATTR_DAEMON
    '0800010001000000', // STATE
    '090002006574683000000000', // MCAST_IFN
    '0800030033000000', // SYNC_ID
    '08000500e0000051', // MCAST_GROUP
    '0600070090220000', // MCAST_PORT
    '0500080001000000', // MCAST_TTL
  ];
  assert.equal(hex(encoded), parts.join(''));
  const stop = encodeIpvsSetting({ op: 'stopSyncDaemon', role: 'backup' });
  assert.equal(hex(stop), '0a0100000c0003800800010002000000');
});

test('encodeIpvsSetting leaves out the timeouts that are not asked for', () => {
  const all = { tcp: 900, tcpFin: 120, udp: 300 };
  const encoded = encodeIpvsSetting({ op: 'setTimeouts', timeouts: { ...all, tcpFin: null } });
  assert.equal(hex(encoded), '0c010000080004008403000008000600' + '2c010000');
  assert.deepEqual(decodeTimeoutsReply(encodeIpvsSetting({ op: 'setTimeouts', timeouts: all })), all);
});

test('decodeSyncDaemonReply fills in what Linux before 4.3 does not tell', () => {
  const old =
    '0d010000' + '20000380' + '0800010002000000' + '0900020065746830' + '00000000' + '0800030007000000';
  assert.deepEqual(decodeSyncDaemonReply(Uint8Array.from(Buffer.from(old, 'hex'))), {
    role: 'backup',
    interface: 'eth0',
    id: 7,
    maxLength: null,
    group: '224.0.0.81',
    port: 8848,
    ttl: 1,
  });
});

test('decodeSyncDaemonReply and decodeTimeoutsReply take any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      decodeSyncDaemonReply(bytes);
      assert.equal(decodeTimeoutsReply(bytes.subarray(0, 3)), null);
    }),
  );
});
