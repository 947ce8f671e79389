import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePattern } from '../../../src/base/pattern/pattern.ts';
import type { BodyMatch, HttpExpectation } from '../../../src/model/check.ts';
import { HttpJudge } from '../../../src/wire/http-judge.ts';

function judge(expect: Partial<HttpExpectation>): HttpJudge {
  const whole = { status: [[200, 299]] as const, digest: null, body: null, ...expect };
  const pattern = parsePattern(whole.body?.pattern ?? '', whole.body?.flags ?? '');
  assert.ok(pattern.ok);
  return new HttpJudge({ expect: whole, pattern: whole.body === null ? null : pattern.value });
}

function body(match: Partial<BodyMatch>, ...parts: readonly string[]): string | null {
  const judging = judge({
    body: { pattern: '', flags: '', isNegated: false, from: null, to: null, ...match },
  });
  for (const part of parts) judging.receive(new TextEncoder().encode(part));
  return judging.end();
}

test('HttpJudge takes every status of its ranges, and says them otherwise', () => {
  const judging = judge({
    status: [
      [200, 204],
      [301, 301],
    ],
  });
  assert.deepEqual(
    [200, 204, 301].map((status) => judging.status(status)),
    [null, null, null],
  );
  assert.equal(judging.status(205), 'status 205, not 200–204, 301');
});

test('HttpJudge looks for a match across the parts of a body, where it may begin', () => {
  assert.equal(body({ pattern: 'up and running' }, 'it is up a', 'nd running'), null);
  assert.equal(body({ pattern: 'up', from: 6, to: 6 }, 'it is ', 'up'), null);
  assert.equal(body({ pattern: 'up', to: 5 }, 'it is ', 'up'), 'the body does not match /up/');
  assert.equal(body({ pattern: 'up', from: 7 }, 'it is up'), 'the body does not match /up/');
  assert.equal(body({ pattern: 'up', from: 7, isNegated: true }, 'it is up'), null);
});
