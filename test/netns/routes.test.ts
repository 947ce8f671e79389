import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('routes and rules in a kernel of their own', () => {
  const inside = fileURLToPath(new URL('./routes-inside.js', import.meta.url));
  const run = spawnSync('unshare', ['--net', process.execPath, inside], {
    encoding: 'utf8',
    timeout: 60_000,
    // Else the tests inside would report to the runner of this one.
    env: { ...process.env, NODE_TEST_CONTEXT: '' },
  });
  assert.equal(run.status, 0, `${run.signal ?? ''} ${run.stdout}\n${run.stderr}`);
});
