import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckWorld, serviceConfig } from './check-world.ts';

test('Check tells how far a check is from changing its mind, and when it is made again', async () => {
  const world = new CheckWorld();
  await world.desire(1, [serviceConfig('10.0.0.100', ['10.0.0.1'])]);
  const told = async (seconds: number) => {
    await world.run(seconds);
    const check = world.status().services[0]?.servers[0]?.checks[0];
    assert.ok(check !== undefined);
    const { health, failures, retry, successes, rise, last, nextAt } = check;
    return [health, `${failures}/${retry + 1}`, `${successes}/${rise}`, last?.at ?? null, nextAt];
  };
  assert.deepEqual(await told(0), ['up', '0/2', '0/1', null, null]);
  // After 1 s, then every 3 s; after a failure in 1 s.
  assert.deepEqual(await told(1.5), ['up', '0/2', '0/1', 1000, 4000]);
  world.sicken('10.0.0.1');
  assert.deepEqual(await told(3), ['up', '1/2', '0/1', 4000, 5000]);
  assert.deepEqual(await told(1), ['down', '0/2', '0/1', 5000, 8000]);
});
