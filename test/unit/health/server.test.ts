import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import { freshCheck } from '../../../src/health/check.ts';
import { carriedState, initialState } from '../../../src/health/server.ts';
import { firstCheckDelay } from '../../../src/health/stagger.ts';
import { observedService } from '../../fakes/ipvs.ts';
import { checkConfig, serviceConfig } from '../daemon/check-world.ts';

const web = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2']);
const [one, two] = web.servers;
assert.ok(one && two);

test('initialState follows the kernel where the service is there, and starts up where it is not', () => {
  const left = observedService(web, [one]);
  assert.deepEqual(initialState(one, left), freshCheck('up'));
  assert.deepEqual(initialState(two, left), freshCheck('down'));
  assert.deepEqual(initialState(two, undefined), freshCheck('up'));
  assert.equal(initialState({ ...two, check: null }, left), null);
});

test('carriedState keeps the health over a changed check, but nothing of its history', () => {
  const check = checkConfig('10.0.0.1');
  const slower = { ...check, interval: millis(9000) };
  const state = { health: 'up', failures: 1, hasRun: true } as const;
  assert.deepEqual(carriedState(state, check, { ...check }), state);
  assert.deepEqual(carriedState(state, check, slower), freshCheck('up'));
  assert.deepEqual(carriedState(freshCheck('down'), check, slower), freshCheck('down'));
  assert.deepEqual(carriedState(null, null, check), freshCheck('up'));
  assert.equal(carriedState(state, check, null), null);
});

test('firstCheckDelay spreads over the warmup after the first second', () => {
  assert.equal(firstCheckDelay(millis(3000), 0), 1000);
  assert.equal(firstCheckDelay(millis(3000), 0.9999), 3999);
  assert.equal(firstCheckDelay(millis(0), 0.7), 1000);
});
