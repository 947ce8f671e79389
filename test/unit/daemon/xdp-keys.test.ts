import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xdpKeys } from '../../../src/daemon/xdp-keys.ts';
import { xdpRoom } from '../../../src/daemon/xdp-room.ts';
import { MAPS } from '../../../src/wire/xdp/layout.ts';
import { serviceConfig } from './check-world.ts';

const secret = (text: string) => ({ kind: 'bytes' as const, bytes: new TextEncoder().encode(text) });

test('directors of all versions make the same keys of a secret, or another one would choose otherwise', () => {
  const shown = (keys: readonly bigint[]) => keys.map((key) => key.toString(16));
  assert.deepEqual(shown(xdpKeys(null)), [
    'd27b58f3c2794ea4',
    'f1b8c72abb8c18c8',
    'a83b427698543366',
    'fe4bd51d324f441e',
    'dc9023b849896a37',
  ]);
  assert.deepEqual(shown(xdpKeys(secret('k'.repeat(32)))), [
    '6d6acf1bd82b1cd3',
    '90f9681d4caa356e',
    'd5b08264bc0b8826',
    'cad1b61b9f25ba4b',
    'a80c3af784aacc01',
  ]);
});

test('maps have room for twice of what is configured, and for what most have', () => {
  const { key, attrs, servers } = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2']);
  const service = (scheduler: string) => ({ key, attrs: { ...attrs, scheduler }, dests: servers });
  const { services, service_keys, servers: slots, rings } = MAPS;
  assert.deepEqual(xdpRoom([service('rr')]), {
    ...{ services: services.entries, service_keys: service_keys.entries },
    ...{ servers: slots.entries, rings: rings.entries },
  });
  const hashed = Array.from({ length: 10_000 }, () => service('sh'));
  assert.deepEqual(xdpRoom(hashed), {
    ...{ services: 32_768, service_keys: 65_536, servers: 65_536 },
    // 10,000 rings of 4099 words, twice, in parts of 16.
    rings: 8_388_608,
  });
});
