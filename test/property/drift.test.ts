import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { millis } from '../../src/base/units.ts';
import type { IpvsOp } from '../../src/model/ops.ts';
import { destKey, serviceKey } from '../../src/model/services.ts';
import { desiredServices } from '../../src/plan/desired.ts';
import { driftOf } from '../../src/plan/drift.ts';
import { ours, planIpvs } from '../../src/plan/ipvs.ts';
import { ALL_UP } from '../support/services.ts';
import { CheckWorld } from '../unit/daemon/check-world.ts';
import { byHand, services, settings } from './site.ts';

const rules = (policy: 'repair' | 'report' | 'adopt') => ({ policy, interval: millis(10_000) });

/** What an operation is about: a service, or a server of one. */
const objectOf = (op: IpvsOp): string =>
  'of' in op
    ? `${serviceKey(op.of)} ${destKey(op.op === 'delDest' ? op.key : op.dest.key)}`
    : serviceKey(op.op === 'delService' ? op.key : op.service.key);

test('Check that repairs holds the configuration again, whatever was done by hand', async () => {
  await fc.assert(
    fc.asyncProperty(services, byHand, async (config, changes) => {
      const world = new CheckWorld();
      await world.desire(1, config, [], rules('repair'));
      const keys = config.map(({ key }) => key);
      for (const op of changes) world.kernel.byHand(op);
      const foreign = world.kernel.table.services.filter(({ key }) =>
        ours(world.kernel.table, keys).every((each) => each.key !== key),
      );
      await world.run(75);
      const left = ours(world.kernel.table, keys);
      assert.deepEqual(settings(left), settings(desiredServices(config, ALL_UP)));
      const others = world.kernel.table.services.filter((each) => left.every(({ key }) => key !== each.key));
      assert.deepEqual(settings(others), settings(foreign), 'and nobody else’s services are touched');
    }),
  );
});

for (const policy of ['report', 'adopt'] as const) {
  test(`Check performs nothing on what was changed by hand under ${policy}, and says each change once`, async () => {
    await fc.assert(
      fc.asyncProperty(services, byHand, async (config, changes) => {
        const world = new CheckWorld();
        await world.desire(1, config, [], rules(policy));
        world.kernel.performed.length = 0;
        const before = ours(
          world.kernel.table,
          config.map(({ key }) => key),
        );
        for (const op of changes) world.kernel.byHand(op);
        const after = ours(
          world.kernel.table,
          config.map(({ key }) => key),
        );
        const drifts = config.flatMap(({ key }) => {
          const find = (table: typeof before) =>
            table.find((each) => serviceKey(each.key) === serviceKey(key)) ?? null;
          return driftOf(find(before), find(after)).map((drift) =>
            drift.what === 'service' ? serviceKey(key) : `${serviceKey(key)} ${destKey(drift.key)}`,
          );
        });
        await world.run(45);
        const touched = new Set(world.kernel.performed.map(objectOf));
        assert.deepEqual(
          drifts.filter((name) => touched.has(name)),
          [],
        );
        assert.equal(world.said('ipvs_drift').length, drifts.length);
      }),
    );
  });
}

test('driftOf finds nothing between a table and itself, and planIpvs has nothing to do', () => {
  fc.assert(
    fc.property(services, (config) => {
      const desired = desiredServices(config, ALL_UP);
      for (const each of desired) assert.deepEqual(driftOf(each, each), []);
      const world = new CheckWorld().kernel;
      for (const op of planIpvs([], desired)) world.byHand(op);
      assert.deepEqual(planIpvs(world.table.services, desired), []);
      for (const each of desired) {
        const there = world.table.services.find(({ key }) => serviceKey(key) === serviceKey(each.key));
        assert.deepEqual(driftOf(each, there ?? null), []);
      }
    }),
  );
});
