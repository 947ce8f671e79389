import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { millis } from '../../src/base/units.ts';
import type { ServiceConfig } from '../../src/model/config.ts';
import { destKey, serviceKey } from '../../src/model/services.ts';
import { CheckWorld } from '../unit/daemon/check-world.ts';
import { services, settings } from './site.ts';

const retiredBy = (before: readonly ServiceConfig[], after: readonly ServiceConfig[]) => {
  const kept = new Set(after.map(({ key }) => serviceKey(key)));
  return before.filter(({ key }) => !kept.has(serviceKey(key)));
};

/** The names of the servers, with their services. */
const serversOf = (config: readonly ServiceConfig[]) =>
  new Set(config.flatMap((each) => each.servers.map(({ key }) => `${serviceKey(each.key)} ${destKey(key)}`)));

test('Check after a reload, and time for the drains, holds what it would hold after a start', async () => {
  await fc.assert(
    fc.asyncProperty(services, services, fc.boolean(), async (before, after, killed) => {
      const fresh = new CheckWorld();
      await fresh.desire(1, after);
      const world = new CheckWorld();
      await world.desire(1, before);
      for (const { key, dests } of world.kernel.table.services) {
        for (const dest of dests) world.kernel.connect(key, dest.key, dest.attrs.weight);
      }
      world.kernel.performed.length = 0;
      const retired = retiredBy(before, after);
      await world.desire(2, after, retired);
      if (killed) {
        await world.run(1);
        world.restart();
        await world.desire(2, after, retired);
      }
      await world.run(62);
      assert.deepEqual(settings(world.kernel.table.services), settings(fresh.kernel.table.services));

      const stays = [...serversOf(before)].filter((name) => serversOf(after).has(name));
      const touched = world.kernel.performed.flatMap((op) => {
        if (op.op === 'newDest') return [`${serviceKey(op.of)} ${destKey(op.dest.key)}`];
        return op.op === 'delDest' ? [`${serviceKey(op.of)} ${destKey(op.key)}`] : [];
      });
      assert.deepEqual(
        stays.filter((name) => touched.includes(name)),
        [],
        'what stays is set',
      );
      assert.deepEqual(world.said('ipvs_drift'), []);
    }),
    { numRuns: 50 },
  );
});

test('Check cuts no connection on a reload before the drain timeout', async () => {
  await fc.assert(
    fc.asyncProperty(services, services, async (before, after) => {
      const world = new CheckWorld();
      const patient = (config: readonly ServiceConfig[]) =>
        config.map((each) => ({ ...each, drainTimeout: millis(60_000) }));
      await world.desire(1, patient(before));
      for (const { key, dests } of world.kernel.table.services) {
        for (const dest of dests) world.kernel.connect(key, dest.key, 1);
      }
      await world.desire(2, patient(after), patient(retiredBy(before, after)));
      await world.run(59);
      assert.equal(world.kernel.cut, 0);
      const wanted = serversOf(after);
      for (const { key, dests } of world.kernel.table.services) {
        for (const dest of dests) {
          const name = `${serviceKey(key)} ${destKey(dest.key)}`;
          assert.ok(wanted.has(name) || dest.attrs.weight === 0, `${name} gets no new connection`);
        }
      }
    }),
    { numRuns: 50 },
  );
});
