import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ipFromBytes } from '../../../src/base/ip.ts';
import type { Mac } from '../../../src/base/mac.ts';
import { ADDRESS_SCOPES, type AddressScope } from '../../../src/model/addresses.ts';
import { attr, encodeAttrs } from '../../../src/wire/netlink.ts';
import {
  decodeAddress,
  decodeLink,
  encodeAddress,
  encodeLinkKey,
  encodeMacvlan,
} from '../../../src/wire/rtnl.ts';

const plain = { label: null, broadcast: null, peer: null, flags: [], preferredLifetime: null } as const;

test('decodeAddress() reads back what encodeAddress() wrote', () => {
  const bytesOf = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });
  const address = fc.oneof(bytesOf(4), bytesOf(16)).map(ipFromBytes);
  const scope = fc.constantFrom(...(Object.keys(ADDRESS_SCOPES) as AddressScope[]));
  const lifetime = fc.option(fc.nat(86_400));
  fc.assert(
    fc.property(address, fc.nat(128), scope, fc.nat(), lifetime, (own, prefix, called, ifindex, left) => {
      const payload = encodeAddress({ ...plain, address: own, prefix, scope: called }, ifindex, left);
      assert.deepEqual(decodeAddress(payload), {
        ok: true,
        value: {
          ifindex,
          address: own,
          prefix,
          scope: ADDRESS_SCOPES[called],
          secondary: false,
          usable: true,
          lifetime: left,
          setAt: left === null ? null : 0,
          isByVrrp: true,
        },
      });
    }),
  );
});

test('decodeAddress() takes all 32 flags where the kernel tells them', () => {
  const IFA_LOCAL = attr(2, Uint8Array.of(10, 0, 0, 1));
  const address = (header: number, ...flags: readonly number[]) => {
    const wide = flags.map((bits) => attr(8, Uint8Array.of(bits, 0, 0, 0)));
    const decoded = decodeAddress(
      Uint8Array.of(2, 24, header, 0, 1, 0, 0, 0, ...encodeAttrs([IFA_LOCAL, ...wide])),
    );
    assert.ok(decoded.ok);
    return { secondary: decoded.value.secondary, usable: decoded.value.usable };
  };
  assert.deepEqual(address(0x01), { secondary: true, usable: true });
  assert.deepEqual(address(0x40), { secondary: false, usable: false });
  assert.deepEqual(address(0xff, 0x80), { secondary: false, usable: true });
  assert.deepEqual(address(0x00, 0x08), { secondary: false, usable: false });
});

test('decodeLink() reads back the macvlan that encodeMacvlan() wrote, and nothing of a lesser link', () => {
  const payload = encodeMacvlan('vrrp.51', 7, '00:00:5e:00:01:33' as Mac);
  assert.deepEqual(decodeLink(payload), {
    ok: true,
    value: {
      ifindex: 0,
      name: 'vrrp.51',
      mac: '00:00:5e:00:01:33',
      running: false,
      mtu: 0,
      macvlan: { base: 7, isPrivate: true },
    },
  });
  assert.deepEqual(decodeLink(encodeLinkKey(3)), { ok: false, error: 'malformed' });
});

test('decodeLink() and decodeAddress() take any bytes', () => {
  const macvlan = encodeMacvlan('vrrp.51', 7, '00:00:5e:00:01:33' as Mac);
  const mutated = fc
    .tuple(fc.nat(macvlan.length - 1), fc.nat(255), fc.nat(macvlan.length))
    .map(([at, byte, length]) => macvlan.with(at, byte).subarray(0, length));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 96 }), mutated), (bytes) => {
      for (const decoded of [decodeLink(bytes), decodeAddress(bytes)]) {
        assert.ok(decoded.ok || decoded.error === 'malformed');
      }
    }),
  );
});
