import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type RiseFallPolicy, startRiseFall, stepRiseFall } from '../../../src/vrrp/rise-fall.ts';

/** One letter per state: before anything, then after each result (+ or −). */
function play(policy: RiseFallPolicy, results: string): string {
  let state = startRiseFall(policy);
  let seen = state.health.charAt(0);
  for (const result of results) {
    state = stepRiseFall(policy, state, result === '+');
    seen += state.health.charAt(0);
  }
  return seen;
}

test('stepRiseFall believes the first result, then as many in a row as the policy asks', () => {
  const policy = { rise: 3, fall: 2, initFail: false };
  const rows: [string, string][] = [
    ['+', 'ug'],
    ['-', 'ub'],
    ['+--', 'uggb'],
    ['+-+-+-', 'ugggggg'],
    ['+--+++', 'uggbbbg'],
    ['+--++-++', 'uggbbbbbb'],
    ['-+++', 'ubbbg'],
  ];
  for (const [results, seen] of rows) assert.equal(play(policy, results), seen, results);
  assert.equal(play({ ...policy, initFail: true }, '+++--'), 'bbbggb');
  assert.equal(play({ rise: 1, fall: 1, initFail: false }, '+-+-'), 'ugbgb');
});

test('stepRiseFall turns only after rise or fall equal results in a row', () => {
  const policy = fc.record({
    rise: fc.integer({ min: 1, max: 5 }),
    fall: fc.integer({ min: 1, max: 5 }),
    initFail: fc.boolean(),
  });
  fc.assert(
    fc.property(policy, fc.array(fc.boolean(), { maxLength: 60 }), (asked, results) => {
      let state = startRiseFall(asked);
      results.forEach((success, i) => {
        const before = state;
        state = stepRiseFall(asked, before, success);
        assert.ok(state.count >= 0 && state.count < asked.rise + asked.fall);
        const needed = before.health === 'good' ? asked.fall : asked.rise;
        const row = results.slice(Math.max(0, i + 1 - needed), i + 1);
        const turns = row.length === needed && row.every((one) => one === (before.health !== 'good'));
        const expected = before.health === 'unknown' || turns ? (success ? 'good' : 'bad') : before.health;
        assert.equal(state.health, expected);
      });
    }),
  );
});
