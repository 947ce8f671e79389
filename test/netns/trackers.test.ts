// Where the kernel tells of processes, and where it does not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openProcessEvents } from '../../src/kernel/process-events.ts';
import type { Probed } from './trackers-probe.ts';

const probe = fileURLToPath(new URL('./trackers-probe.js', import.meta.url));
const run = (...within: string[]): Probed => {
  const [program, ...args] = [...within, process.execPath, probe];
  return JSON.parse(execFileSync(program ?? '', args, { encoding: 'utf8', timeout: 20_000 }));
};
const SCANS = '/proc is read every 500 ms';

const here = await openProcessEvents({ event: () => undefined, overrun: () => undefined });
if (here.ok) here.value.close();

test(
  'a process tracker hears from the kernel in the first network namespace',
  here.ok ? {} : { skip: `the kernel tells nothing here: ${here.error.message}` },
  () => {
    const { said, startMillis, endMillis } = run();
    assert.deepEqual(
      said.filter((line) => line.includes(SCANS)),
      [],
    );
    // Scans would take 250 ms each on average.
    assert.ok(startMillis + endMillis < 250, `${startMillis} ms, ${endMillis} ms`);
  },
);

test('a process tracker reads /proc in another network namespace, and says so once', () => {
  const { said } = run('unshare', '--net');
  assert.deepEqual(
    said.filter((line) => line.includes(SCANS)),
    ['the kernel tells of no processes here (connection refused): /proc is read every 500 ms'],
  );
});

test('a process tracker reads /proc in another pid namespace, and says so once', () => {
  const { said } = run('unshare', '--pid', '--fork', '--mount-proc');
  assert.deepEqual(
    said.filter((line) => line.includes(SCANS)),
    ['the kernel tells of no processes here (the kernel did not answer): /proc is read every 500 ms'],
  );
});
