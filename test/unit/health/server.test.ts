import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import { freshCheck } from '../../../src/health/check.ts';
import { adoptedState, carryChecks, serverHealth } from '../../../src/health/server.ts';
import { firstCheckDelay } from '../../../src/health/stagger.ts';
import type { CheckConfig } from '../../../src/model/check.ts';
import { observedService } from '../../fakes/ipvs.ts';
import { checkConfig, serviceConfig } from '../daemon/check-world.ts';

const web = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2']);
const [one, two] = web.servers;
assert.ok(one && two);

test('adoptedState follows the kernel where the service is there, and begins as configured where it is not', () => {
  const left = observedService(web, [one]);
  const check = checkConfig('10.0.0.1');
  assert.deepEqual(adoptedState(one, check, left, true), freshCheck('up'));
  assert.deepEqual(adoptedState(two, check, left, false), freshCheck('down'));
  assert.deepEqual(adoptedState(two, check, undefined, false), freshCheck('up'));
  assert.deepEqual(adoptedState(two, { ...check, alpha: true }, undefined, false), freshCheck('down'));
  assert.deepEqual(adoptedState(one, { ...check, alpha: true }, left, false), freshCheck('up'));
  assert.deepEqual(adoptedState(two, check, undefined, true), freshCheck('down'));
});

test('adoptedState takes weight 0 for a failure only where that is what a failure makes of it', () => {
  const quiet = { ...one, attrs: { ...one.attrs, weight: 0 } };
  const left = observedService(web, [quiet]);
  const check = checkConfig('10.0.0.1');
  const inhibited = { ...one, inhibitOnFailure: true };
  assert.deepEqual(adoptedState(inhibited, check, left, false), freshCheck('down'));
  assert.deepEqual(adoptedState(one, check, left, false), freshCheck('up'));
  assert.deepEqual(adoptedState({ ...inhibited, attrs: quiet.attrs }, check, left, false), freshCheck('up'));
});

test('serverHealth is up while all checks are', () => {
  const states = (...healths: ('up' | 'down')[]) => serverHealth(healths.map(freshCheck));
  assert.deepEqual([states(), states('up', 'up'), states('up', 'down')], ['unchecked', 'up', 'down']);
});

test('carryChecks lets equal checks go on wherever they stand, and keeps the health of changed ones', () => {
  const check = checkConfig('10.0.0.1');
  const other = checkConfig('10.0.0.2');
  const slower = { ...check, interval: millis(9000) };
  const running = (config: CheckConfig, health: 'up' | 'down') => ({
    config,
    state: { ...freshCheck(health), failures: 1, hasRun: true },
  });
  const [a, b] = [running(check, 'down'), running(other, 'up')];
  const told = (after: readonly CheckConfig[]) =>
    carryChecks([a, b], after).map((each) =>
      each.kind === 'same' ? [each.former.config, 'goes on'] : [each.config, each.state.health],
    );
  assert.deepEqual(told([{ ...other }, { ...check }]), [
    [other, 'goes on'],
    [check, 'goes on'],
  ]);
  assert.deepEqual(told([slower, other]), [
    [slower, 'down'],
    [other, 'goes on'],
  ]);
  assert.deepEqual(told([check, other, slower]).at(-1), [slower, 'up']);
  assert.deepEqual(told([{ ...slower, alpha: true }]), [[{ ...slower, alpha: true }, 'down']]);
  assert.deepEqual(
    carryChecks([], [{ ...check, alpha: true }]).map((each) => each.kind === 'fresh' && each.state.health),
    ['down'],
  );
});

test('firstCheckDelay spreads over the warmup after the first second', () => {
  assert.equal(firstCheckDelay(millis(3000), 0), 1000);
  assert.equal(firstCheckDelay(millis(3000), 0.9999), 3999);
  assert.equal(firstCheckDelay(millis(0), 0.7), 1000);
});
