import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

test('becomeRealtime() puts the process before ordinary ones, and not what it starts', () => {
  const module = new URL('../../src/kernel/realtime.js', import.meta.url).href;
  // Fields 40 and 41 of /proc/PID/stat (proc(5)): the real-time priority and the policy, 2 for SCHED_RR.
  const script = `
    import { spawn } from 'node:child_process';
    import { readFileSync } from 'node:fs';
    import { becomeRealtime } from '${module}';
    const scheduled = (pid) => {
      const stat = readFileSync('/proc/' + pid + '/stat', 'utf8');
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(37, 39).join(' ');
    };
    const before = scheduled('self');
    const outcome = becomeRealtime();
    const child = spawn('sleep', ['10']);
    console.log(JSON.stringify({ before, outcome, after: scheduled('self'), child: scheduled(child.pid) }));
    child.kill();
  `;
  const args = ['--input-type=module', '--eval', script];
  const done = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
  assert.equal(done.status, 0, done.stderr);
  const wanted = { before: '0 0', outcome: { ok: true }, after: '1 2', child: '0 0' };
  assert.deepEqual(JSON.parse(done.stdout), wanted);
});
