import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { LBCTL } from '../../support/director.ts';

test('lbctl bench hands its words to the measurements, and gives their exit code', async () => {
  const [error, stderr] = await new Promise<[{ code?: unknown } | null, string]>((resolve) => {
    execFile(process.execPath, [LBCTL, 'bench', 'no-such', '--runs', '3'], (failed, _, said) =>
      resolve([failed, said]),
    );
  });
  assert.equal(error?.code, 2);
  assert.match(stderr, /no-such: .*disruption/);
});
