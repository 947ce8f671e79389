import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import { type CheckState, freshCheck, stepCheck } from '../../../src/health/check.ts';
import type { Verdict } from '../../../src/model/probe.ts';

const policy = (retry: number, rise: number) => ({
  interval: millis(3000),
  retry,
  delayBeforeRetry: millis(1000),
  rise,
});
const running = (health: CheckState['health']): CheckState => ({ ...freshCheck(health), hasRun: true });

const VERDICTS: Readonly<Record<string, Verdict>> = { '+': 'pass', '-': 'fail', '?': 'unknown' };

/** The health after each outcome (U, D; lower case where it did not change) with the wait that follows, in seconds. */
function story(retry: number, first: CheckState, outcomes: string, rise: number): string {
  let state = first;
  const steps: string[] = [];
  for (const sign of outcomes) {
    const verdict = VERDICTS[sign];
    assert.ok(verdict !== undefined);
    const step = stepCheck(policy(retry, rise), state, verdict);
    const letter = step.state.health === 'up' ? 'u' : 'd';
    assert.equal(step.changed, step.state.health === state.health ? null : step.state.health);
    steps.push(`${step.changed === null ? letter : letter.toUpperCase()}${step.next / 1000}`);
    state = step.state;
  }
  return steps.join(' ');
}

const TABLE: readonly [
  what: string,
  retry: number,
  first: CheckState,
  outcomes: string,
  expected: string,
  rise?: number,
][] = [
  ['a first failure is enough, whatever the retries', 3, freshCheck('up'), '-', 'D3'],
  ['after a first success it takes retry + 1 failures', 1, freshCheck('up'), '+--', 'u3 u1 D3'],
  ['without retries one failure is enough', 0, running('up'), '-', 'D3'],
  ['a success in between starts the count anew', 2, running('up'), '--+---', 'u1 u1 u3 u1 u1 D3'],
  ['one success brings it back, with all its retries', 1, running('down'), '--+--', 'd3 d3 U3 u1 D3'],
  ['a server that starts down needs one success', 1, freshCheck('down'), '-+-+', 'd3 U3 u1 u3'],
  ['what says nothing is no failure and no success', 1, running('up'), '-?-?+', 'u1 u1 D3 d3 U3'],
  [
    'with a rise it takes as many successes in a row',
    0,
    running('down'),
    '++-+?++-',
    'd3 d3 d3 d3 d3 d3 U3 D3',
    3,
  ],
  ['a rise is for servers that are down', 1, freshCheck('up'), '+-+-+', 'u3 u1 u3 u1 u3', 3],
  ['what says nothing leaves the first failure decisive', 3, freshCheck('up'), '??-', 'u3 u3 D3'],
];

for (const [what, retry, first, outcomes, expected, rise = 1] of TABLE) {
  test(`stepCheck: ${what}`, () => assert.equal(story(retry, first, outcomes, rise), expected));
}
