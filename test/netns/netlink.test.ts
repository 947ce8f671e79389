import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('a netlink socket notices lost notifications and answers, and goes on', () => {
  const storm = fileURLToPath(new URL('./netlink-storm.js', import.meta.url));
  const run = spawnSync('unshare', ['--net', process.execPath, storm], { encoding: 'utf8', timeout: 30_000 });
  assert.equal(run.status, 0, `${run.signal ?? ''} ${run.stderr}`);
});
