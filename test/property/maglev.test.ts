import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maglev } from '../../src/plan/maglev.ts';
import { overlay } from '../../src/plan/maglev-overlay.ts';

const SLOTS = 1009;
const OPTIONS = { numRuns: 50 };

const server = fc.record({
  name: fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `10.0.${a}.${b}:80`),
  weight: fc.integer({ min: 1, max: 12 }),
});
/** At least 100 slots for each. */
const servers = fc.uniqueArray(server, { minLength: 1, maxLength: 10, selector: ({ name }) => name });

type Servers = readonly { name: string; weight: number }[];
const names = (ring: Uint32Array, of: Servers) => Array.from(ring, (index) => of[index]?.name);
const withDead = (of: Servers, dead: ReadonlySet<string>) =>
  overlay(
    maglev(of, SLOTS),
    of.map((each) => ({ ...each, alive: dead.has(each.name) ? 0 : each.weight })),
  );

test('shares of the table follow the weights, whatever the order of the servers', () => {
  fc.assert(
    fc.property(servers, (some) => {
      const ring = names(maglev(some, SLOTS), some);
      const total = some.reduce((sum, { weight }) => sum + weight, 0);
      for (const { name, weight } of some) {
        const has = ring.filter((each) => each === name).length;
        assert.ok(Math.abs(has - (SLOTS * weight) / total) <= SLOTS / 100, `${name} has ${has}`);
      }
      assert.deepEqual(names(maglev(some.toReversed(), SLOTS), some.toReversed()), ring);
    }),
    OPTIONS,
  );
});

test('a death moves only what the dead had, in whatever order they die, and recovery gives it back', () => {
  fc.assert(
    fc.property(servers, fc.nat(), fc.nat(), fc.nat(), (some, i, j, k) => {
      const [one, two, three] = [i, j, k].map((n) => some[n % some.length]?.name ?? '') as [
        string,
        string,
        string,
      ];
      const before = withDead(some, new Set([one, two]));
      const after = withDead(some, new Set([one, two, three]));
      if (new Set([one, two, three]).size === some.length) return assert.equal(after.length, 0);
      for (let slot = 0; slot < SLOTS; slot++) {
        const had = some[before[slot] ?? -1]?.name;
        const has = some[after[slot] ?? -1]?.name;
        assert.ok(has !== undefined && has !== one && has !== two && has !== three);
        if (had !== three) assert.equal(has, had);
      }
    }),
    OPTIONS,
  );
});

test('a server at a part of its weight keeps a part of its slots, and gets only slots when it rises', () => {
  fc.assert(
    fc.property(servers, fc.integer({ min: 0, max: 4 }), (some, quarters) => {
      const base = maglev(some, SLOTS);
      const at = (parts: number) =>
        overlay(
          base,
          some.map((each, i) => ({ ...each, alive: i === 0 ? (each.weight * parts) / 4 : each.weight })),
        );
      const [lower, upper] = [at(quarters), at(quarters + 1)];
      for (let slot = 0; slot < lower.length; slot++)
        if (upper[slot] !== lower[slot]) assert.equal(upper[slot], 0);
      assert.deepEqual(at(4), base);
    }),
    OPTIONS,
  );
});

test('what few of many survivors are given follows their weights', () => {
  const many = Array.from({ length: 200 }, (_, i) => ({
    name: `10.0.0.${i}:80`,
    weight: i === 0 ? 100_000 : 1 + (i % 2),
  }));
  const ring = overlay(
    maglev(many, 65537),
    many.map((each, i) => ({ ...each, alive: i === 0 ? 0 : each.weight })),
  );
  let [light, heavy] = [0, 0];
  for (const index of ring) {
    if (index % 2 === 0) light++;
    else heavy++;
  }
  assert.ok(Math.abs(heavy / light - 2) < 0.15, `${heavy} and ${light}`);
});
