import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { LBCTL } from '../../support/director.ts';

const bench = (...words: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [LBCTL, 'bench', ...words], (failed, stdout, stderr) =>
      resolve({ code: failed?.code ?? 0, stdout, stderr }),
    );
  });

test('lbctl bench hands its words to the measurements, and gives their exit code', async () => {
  const { code, stderr } = await bench('no-such', '--runs', '3');
  assert.equal(code, 2);
  assert.match(stderr, /no-such: .*disruption/);
});

test('a word that is wrong behind the second measurement is told before the first is taken', async () => {
  const { code, stderr } = await bench('disruption', 'failover', '--deaths', 'hang');
  assert.deepEqual([code, stderr], [2, "bench: failover: Unknown option '--deaths'\n"]);
});

test('a measurement tells its options', async () => {
  const { code, stdout } = await bench('failover', '--help');
  assert.equal(code, 0);
  assert.match(stdout, /--rounds +N, 5\n/);
});
