import assert from 'node:assert/strict';
import { test } from 'node:test';
import { desiredServices } from '../../../src/plan/desired.ts';
import { serviceConfig } from '../daemon/check-world.ts';

test('desiredServices leaves servers out that are down, and keeps the service of none', () => {
  const web = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  const lost = serviceConfig('10.0.0.101', ['10.0.0.4']);
  const health = {
    '10.0.0.1': 'up',
    '10.0.0.2': 'down',
    '10.0.0.3': 'unchecked',
    '10.0.0.4': 'down',
  } as const;
  const desired = desiredServices(
    [web, lost],
    (_service, { key }) => health[key.address as string as keyof typeof health],
  );
  assert.deepEqual(
    desired.map(({ key, attrs, dests }) => [key, attrs, dests.map((dest) => dest.key.address)]),
    [
      [web.key, web.attrs, ['10.0.0.1', '10.0.0.3']],
      [lost.key, lost.attrs, []],
    ],
  );
  assert.deepEqual(desired[0]?.dests[0]?.attrs, web.servers[0]?.attrs);
});
