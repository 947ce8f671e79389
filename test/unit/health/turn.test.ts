import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import { type CheckState, freshCheck, stepCheck } from '../../../src/health/check.ts';
import { checkOfTurn, FIRST_TURN, stepTurn } from '../../../src/health/turn.ts';
import type { CheckConfig, HttpProbe } from '../../../src/model/check.ts';
import type { Verdict } from '../../../src/model/probe.ts';
import { checkConfig } from '../daemon/check-world.ts';

const request = (path: string): HttpProbe['requests'][number] => ({
  method: 'GET',
  path,
  host: null,
  headers: [],
  expect: { status: [[200, 299]], digest: null, body: null },
});
const check = (fastRecovery: boolean): CheckConfig => ({
  ...checkConfig('10.0.0.1'),
  interval: millis(9000),
  delayBeforeRetry: millis(3000),
  type: 'http',
  tls: null,
  version: '1.1',
  requests: ['a', 'b', 'c'].map(request),
  fastRecovery,
});

const VERDICTS: Readonly<Record<string, Verdict>> = { '+': 'pass', '-': 'fail', '?': 'unknown' };

/** What each turn asks for with its outcome, the wait that follows in seconds, and the health where it changed. */
function story(config: CheckConfig, outcomes: string): string {
  let state: CheckState = { ...freshCheck('up'), hasRun: true };
  let turn = FIRST_TURN;
  const told: string[] = [];
  for (const sign of outcomes) {
    const asked = checkOfTurn(config, state, turn);
    assert.ok(asked.type === 'http');
    const paths = asked.requests.map(({ path }) => path).join('');
    const stepped = stepTurn(config, state, turn, VERDICTS[sign] ?? 'unknown');
    const { state: after, changed, next } = stepCheck(config, state, stepped.verdict);
    [state, turn] = [after, stepped.turn];
    told.push(`${paths}${sign}${next / 1000}${changed === null ? '' : ` ${changed}`}`);
  }
  return told.join(', ');
}

test('a check of several requests makes one a turn, and a failed one again', () => {
  assert.equal(story(check(false), '+++-+-?+'), 'a+9, b+9, c+9, a-3, a+9, b-3, b?3, b+9');
});

test('a check of several requests brings a server back when all were well, from the one that had failed', () => {
  assert.equal(story(check(false), '+--+-+++'), 'a+9, b-3, b-9 down, b+9, c-9, c+9, a+9, b+9 up');
});

test('a check with fast recovery asks a server that is down for everything at once', () => {
  assert.equal(story(check(true), '--+++'), 'a-3, a-9 down, abc+9 up, a+9, b+9');
});

test('checkOfTurn leaves other checks as they are', () => {
  const tcp = checkConfig('10.0.0.1');
  assert.equal(checkOfTurn(tcp, freshCheck('up'), FIRST_TURN), tcp);
  assert.deepEqual(stepTurn(tcp, freshCheck('down'), FIRST_TURN, 'pass'), {
    turn: FIRST_TURN,
    verdict: 'pass',
  });
});
