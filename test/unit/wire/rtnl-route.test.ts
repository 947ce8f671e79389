import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRouteKey } from '../../../src/wire/rtnl-route.ts';
import { decodeRule } from '../../../src/wire/rtnl-rule.ts';

// What Linux 6.18 told of these deletions.
const ROUTE = // ip route del 192.168.9.0/24 via 10.7.0.1 dev rt0 table 6909 metric 7 proto 18 mtu 1400
  '02180000fc1200010000000008000f00fd1a000008000100c0a8090008000600070000000c0008000800020078050000080005000a0700010800040003000000';
const ROUTE6 = // ip -6 route del 2001:db8:6::/48 from 2001:db8:7::/48 dev rt0 proto 18
  '0a303000fe1200010000000008000f00fe0000001400010020010db80006000000000000000000001400020020010db80007000000000000000000000800060000040000080004000300000024000c0000000000000000000000000000000000000000000000000000000000000000000500140000000000';
const RULE = // ip rule del not from 10.1.0.0/16 to 10.2.0.0/16 table 300 iif rt0 oif lo tos 0x10 fwmark 0x10/0xff pref 39
  '02101010fc0000010200000008000f002c01000008000e00ffffffff05001500120000000800030072743000070011006c6f0000080006002700000008000a001000000008001000ff000000080001000a020000080002000a010000';
const RULE6 = // ip -6 rule del from 2001:db8:5::/48 goto 40 pref 30
  '0a003000000000020400000008000f000000000008000e00ffffffff0500150000000000080006001e00000008000400280000001400020020010db8000500000000000000000000';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

test('decodeRouteKey reads what the kernel tells of a route', () => {
  const common = { type: 1, protocol: 18, tos: 0 };
  assert.deepEqual(decodeRouteKey(bytes(ROUTE)), {
    ok: true,
    value: {
      ...common,
      family: 'inet',
      destination: { address: '192.168.9.0', prefix: 24 },
      from: null,
      table: 6909,
      metric: 7,
    },
  });
  assert.deepEqual(decodeRouteKey(bytes(ROUTE6)), {
    ok: true,
    value: {
      ...common,
      family: 'inet6',
      destination: { address: '2001:db8:6::', prefix: 48 },
      from: { address: '2001:db8:7::', prefix: 48 },
      table: 254,
      metric: 1024,
    },
  });
});

test('decodeRouteKey refuses another family and what is cut', () => {
  assert.deepEqual(decodeRouteKey(bytes(ROUTE).with(0, 7)), { ok: false, error: 'family' });
  assert.deepEqual(decodeRouteKey(bytes(ROUTE).subarray(0, 11)), { ok: false, error: 'malformed' });
  assert.deepEqual(decodeRouteKey(bytes(ROUTE).with(1, 33)), { ok: false, error: 'malformed' });
  assert.deepEqual(decodeRouteKey(bytes(ROUTE).with(12, 3)), { ok: false, error: 'malformed' });
});

test('decodeRule reads what the kernel tells of a rule', () => {
  assert.deepEqual(decodeRule(bytes(RULE)), {
    ok: true,
    value: {
      family: 'inet',
      action: 'lookup',
      not: true,
      from: { address: '10.1.0.0', prefix: 16 },
      to: { address: '10.2.0.0', prefix: 16 },
      iif: 'rt0',
      oif: 'lo',
      fwmark: { mark: 0x10, mask: 0xff },
      tos: 0x10,
      table: 300,
      preference: 39,
      target: null,
    },
  });
  const second = decodeRule(bytes(RULE6));
  assert.ok(second.ok);
  const { family, action, from, table, target, preference } = second.value;
  assert.deepEqual(
    [family, action, from?.address, table, target, preference],
    ['inet6', 'goto', '2001:db8:5::', 0, 40, 30],
  );
});

test('decodeRule refuses an action without a name here', () => {
  assert.deepEqual(decodeRule(bytes(RULE).with(7, 3)), { ok: false, error: 'action' });
});
