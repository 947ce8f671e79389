import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DriftPolicy } from '../../../src/model/config.ts';
import type { DesiredService, DestAttrs } from '../../../src/model/services.ts';
import { driftOf } from '../../../src/plan/drift.ts';
import { NO_OVERRIDES, type Overrides, stepOverrides, withOverrides } from '../../../src/plan/overrides.ts';
import { serviceConfig } from '../daemon/check-world.ts';

const { key, attrs, servers } = serviceConfig('10.0.0.100', ['10.0.0.1']);
const [server] = servers;
assert.ok(server !== undefined);

/** The service with its server at this weight, without it for null. */
const at = (weight: number | null): DesiredService => ({
  key,
  attrs,
  dests: weight === null ? [] : [{ key: server.key, attrs: { ...server.attrs, weight } }],
});

interface Reading {
  readonly policy: DriftPolicy;
  /** Weights: as it was left, as it is found, as it should be with and without regard to health. */
  readonly programmed: number | null;
  readonly observed: number | null;
  readonly wanted: number | null;
  readonly configured: number | null;
  readonly isNewGeneration?: boolean;
}

/** The verdicts, and the weight that the server is to have. */
function step(before: Overrides, { policy, programmed, observed, wanted, configured, ...more }: Reading) {
  const rules = { policy, isNewGeneration: more.isNewGeneration ?? false };
  const { overrides, verdicts } = stepOverrides(before, driftOf(at(programmed), at(observed)), {
    ...rules,
    wanted: at(wanted),
    configured: at(configured),
  });
  const attrsOf: DestAttrs | undefined = withOverrides(at(wanted), overrides)?.dests[0]?.attrs;
  return { overrides, verdict: verdicts[0] ?? null, weight: attrsOf?.weight ?? null };
}

const told = (reading: Reading, before = NO_OVERRIDES) => {
  const { verdict, weight } = step({ ...before, policy: reading.policy }, reading);
  return [verdict, weight];
};

test('stepOverrides repairs under report what it finds together with a reload', () => {
  const found = { policy: 'report', programmed: 2, observed: 7, wanted: 2, configured: 2 } as const;
  assert.deepEqual(told(found), ['left_alone', 7]);
  assert.deepEqual(told({ ...found, isNewGeneration: true }), ['repaired', 2]);
});

test('stepOverrides keeps under adopt what it finds together with a reload that does not touch it', () => {
  const found = { policy: 'adopt', programmed: 2, observed: 7, isNewGeneration: true } as const;
  assert.deepEqual(told({ ...found, wanted: 2, configured: 2 }), ['kept', 7]);
  assert.deepEqual(told({ ...found, wanted: 3, configured: 3 }), ['repaired', 3]);
  assert.deepEqual(told({ ...found, wanted: null, configured: null }), ['repaired', null]);
});

test('stepOverrides leaves no server in that dies as its weight is changed by hand', () => {
  const found = { programmed: 2, observed: 7, wanted: null, configured: 2 } as const;
  assert.deepEqual(told({ ...found, policy: 'report' }), ['repaired', null]);
  assert.deepEqual(told({ ...found, policy: 'adopt' }), ['kept', null]);
});

test('stepOverrides lets a dead server stay that somebody put back, and takes charge of it when it is well', () => {
  const found = { programmed: null, observed: 7, wanted: null, configured: 2 } as const;
  const reported = step({ ...NO_OVERRIDES, policy: 'report' }, { ...found, policy: 'report' });
  assert.deepEqual([reported.verdict, reported.weight], ['left_alone', 7]);
  const well = { programmed: 7, observed: 7, wanted: 2, configured: 2 } as const;
  assert.equal(step(reported.overrides, { ...well, policy: 'report' }).weight, 2);

  const adopted = step({ ...NO_OVERRIDES, policy: 'adopt' }, { ...found, policy: 'adopt' });
  const kept = step(adopted.overrides, { ...well, policy: 'adopt' });
  assert.deepEqual([adopted.weight, kept.weight], [7, 7]);
  const dead = step(kept.overrides, { ...well, wanted: null, policy: 'adopt' });
  assert.equal(dead.weight, null);
});

test('stepOverrides leaves a server alone that is raised while it is drained, until the next reload', () => {
  const found = { policy: 'report', programmed: 0, observed: 5, wanted: null, configured: null } as const;
  const left = step({ ...NO_OVERRIDES, policy: 'report' }, found);
  assert.deepEqual([left.verdict, left.weight], ['left_alone', 5]);
  const reloaded = step(left.overrides, { ...found, programmed: 5, isNewGeneration: true });
  assert.deepEqual([reloaded.verdict, reloaded.weight], [null, null]);
});

test('stepOverrides finds under every policy that what somebody put back is as configured', () => {
  for (const policy of ['repair', 'report', 'adopt'] as const) {
    const found = { policy, programmed: 7, observed: 2, wanted: 2, configured: 2 } as const;
    assert.deepEqual(told(found), ['as_configured', 2]);
  }
});
