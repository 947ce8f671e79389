import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Ip } from '../../../src/base/ip.ts';
import { destKey } from '../../../src/model/services.ts';
import { DestIndex } from '../../../src/plan/dest-index.ts';

const key = fc.record({
  address: fc.constantFrom('10.0.0.1' as Ip, '10.0.0.2' as Ip, '2001:db8::1' as Ip),
  port: fc.constantFrom(80, 81, 443),
});

test('a DestIndex finds what a map by destKey finds, ports of one address too', () => {
  fc.assert(
    fc.property(fc.uniqueArray(key, { selector: destKey }), key, (keys, asked) => {
      const servers = keys.map((key) => ({ key }));
      const index = new DestIndex(servers);
      const found = new Map(servers.map((server) => [destKey(server.key), server])).get(destKey(asked));
      assert.equal(index.get(asked), found);
      assert.equal(index.has(asked), found !== undefined);
    }),
  );
});

test('a DestIndex takes no server twice', () => {
  const server = { key: { address: '10.0.0.1' as Ip, port: 81 } };
  const other = { key: { address: '10.0.0.1' as Ip, port: 80 } };
  assert.throws(() => new DestIndex([other, server, server]), /duplicate key 10\.0\.0\.1:81/);
});
