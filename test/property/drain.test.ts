import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Instant, instant, later, millis, millisToMicros } from '../../src/base/units.ts';
import type { ObservedService } from '../../src/model/services.ts';
import { type Drains, stepDrain } from '../../src/plan/drain.ts';
import { observedService } from '../fakes/ipvs.ts';
import { serviceConfig } from '../unit/daemon/check-world.ts';

const { key, attrs, servers } = serviceConfig('10.0.0.100', ['10.0.0.1']);
const [leaving] = servers;
assert.ok(leaving !== undefined);
const wanted = { key, attrs, dests: [] };

const { key: server, attrs: settings } = leaving;
const withConns = (activeConns: number): ObservedService => {
  const service = observedService({ key, attrs }, [{ key: server, attrs: settings }]);
  return { ...service, dests: service.dests.map((dest) => ({ ...dest, activeConns })) };
};

const readings = fc.array(
  fc.record({ wait: fc.integer({ min: 1, max: 3_000_000 }), conns: fc.constantFrom(0, 0, 0, 1) }),
  { minLength: 1, maxLength: 30 },
);
const timeout = fc.integer({ min: 0, max: 20_000 }).map(millis);

test('stepDrain removes a server after its time, or after two idle readings 1 s apart and 2 s in all, not sooner', () => {
  fc.assert(
    fc.property(readings, timeout, (all, limit) => {
      let drains: Drains = new Map();
      let now: Instant = instant(1_000_000_000);
      const begin = now;
      const seen: { readonly at: Instant; readonly conns: number }[] = [];
      for (const { wait, conns } of all) {
        seen.push({ at: now, conns });
        const step = stepDrain(
          {
            ...{ wanted, observed: withConns(conns), configured: null },
            endsAt: (_server, since) => later(since, millisToMicros(limit)),
          },
          drains,
          now,
        );
        drains = step.drains;
        const busy = seen.findLastIndex((reading) => reading.conns > 0);
        const idle = seen.slice(busy + 1);
        const isIdle = idle.some(({ at }) => now - at >= 1_000_000) && now - begin >= 2_000_000;
        const isOver = now - begin >= limit * 1000;
        const stays = step.desired?.dests ?? [];
        assert.deepEqual(stays, isIdle || isOver ? [] : [{ key: server, attrs: { ...settings, weight: 0 } }]);
        if (stays.length === 0) return;
        assert.ok(step.wakeAt !== null && step.wakeAt > now && step.wakeAt <= now + 1_000_000);
        now = instant(now + wait);
      }
    }),
  );
});
