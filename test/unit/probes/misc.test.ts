import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import { type CommandRunner, createCommandRunner } from '../../../src/daemon/scripts/command-runner.ts';
import { readProcess } from '../../../src/daemon/trackers/process-table.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { probeMisc } from '../../../src/probes/misc.ts';
import { eventually } from '../../support/eventually.ts';

const LONG = millis(10_000);
const SCRIPTS = { user: null, group: null, security: true };
const rootOnly =
  process.getuid?.() === 0 ? {} : { skip: `needs root, and the user id is ${process.getuid?.()}` };

suite('probeMisc', { concurrency: 4 }, () => {
  let directory: string;
  let runner: CommandRunner;
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-misc-'));
    chmodSync(directory, 0o755);
    runner = createCommandRunner(systemClock);
  });
  after(async () => {
    await runner.stop();
    rmSync(directory, { recursive: true });
  });

  const write = (name: string, text: string): string => {
    const file = path.join(directory, name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const probe = (
    argv: [string, ...string[]],
    { isDynamic = false, timeout = LONG, user = userInfo().username, with: given = runner } = {},
  ) =>
    probeMisc({ type: 'misc', command: { argv, user, group: null }, isDynamic }, timeout, (command, limit) =>
      given.run(command, SCRIPTS, limit),
    );
  const isAlive = (pid: number) => readProcess(pid, false) !== null;
  const pidIn = (file: string) => Number(readFileSync(file, 'utf8'));

  test('probeMisc judges the exit status, and takes a weight from it where it is dynamic', async () => {
    const rows: [isDynamic: boolean, code: number, verdict: string, weight: number | undefined][] = [
      [false, 0, 'pass', undefined],
      [false, 1, 'fail', undefined],
      [false, 2, 'fail', undefined],
      [true, 0, 'pass', undefined],
      [true, 1, 'fail', undefined],
      [true, 2, 'pass', 0],
      [true, 255, 'pass', 253],
    ];
    for (const [isDynamic, code, verdict, weight] of rows) {
      const outcome = await probe(['sh', '-c', `echo why >&2; exit ${code}`], { isDynamic });
      assert.deepEqual(
        [outcome.verdict, outcome.result, outcome.code, outcome.weight, outcome.detail],
        [
          verdict,
          verdict === 'pass' ? 'ok' : 'mismatch',
          code,
          weight,
          `sh exited with status ${code} (why)`,
        ],
      );
    }
  });

  test('probeMisc keeps what would steer a terminal out of what a command says', async () => {
    const { detail } = await probe(['sh', '-c', "printf '\\033[31mred\\033]0;x\\007\\n' >&2; exit 3"]);
    assert.equal(detail, 'sh exited with status 3 (?[31mred?]0;x?)');
  });

  test('probeMisc ends a command at its timeout with all that it started', async () => {
    const [child, grandchild] = [path.join(directory, 'child'), path.join(directory, 'grandchild')];
    const deaf = write('deaf', `trap "" TERM; echo $$ > ${grandchild}; while :; do sleep 0.1; done`);
    const file = write('slow', `echo $$ > ${child}; ${deaf} & sleep 60`);
    const { verdict, result, latency } = await probe([file], { timeout: millis(500) });
    assert.deepEqual([verdict, result], ['fail', 'timeout']);
    assert.ok(latency >= 2500 && latency < 8000, `${latency} ms`);
    assert.equal(isAlive(pidIn(child)), false);
    await eventually('the grandchild is gone', 2000, () => !isAlive(pidIn(grandchild)), 10);
  });

  test('probeMisc fails a command that was ended by somebody else', async () => {
    const { verdict, result, detail } = await probe(['sh', '-c', 'kill -9 $$']);
    assert.deepEqual([verdict, result, detail], ['fail', 'error', 'sh was ended by SIGKILL']);
  });

  test('probeMisc blames no server for a command that cannot be run', async () => {
    const { verdict, detail } = await probe([path.join(directory, 'missing')]);
    assert.equal(verdict, 'unknown');
    assert.match(detail, /could not be run: .*missing does not exist$/);
  });

  test('probeMisc runs it as its user, without a way to become root again', rootOnly, async () => {
    const { verdict, detail } = await probe(
      ['sh', '-c', 'test "$(id -u) $(id -un) $USER" = "65534 nobody nobody"'],
      {
        user: 'nobody',
      },
    );
    assert.equal(verdict, 'pass', detail);
  });

  test('probeMisc lets a command write as much as it likes', async () => {
    const before = process.memoryUsage().rss;
    const text = 'head -c 200000000 /dev/zero; head -c 200000000 /dev/zero >&2; exit 3';
    const { result, code, detail } = await probe(['sh', '-c', text]);
    assert.deepEqual([result, code], ['mismatch', 3]);
    assert.ok(detail.length < 400, String(detail.length));
    assert.ok(process.memoryUsage().rss - before < 100_000_000, 'what was written is not kept');
  });

  test('stop() of the runner ends what runs, and says nothing of the server', async () => {
    const own = createCommandRunner(systemClock);
    const file = path.join(directory, 'stopped');
    const running = probe(['sh', '-c', `echo $$ > ${file}; exec sleep 60`], { with: own });
    await eventually('it runs', 5000, () => readFileSync(file, 'utf8').endsWith('\n'), 10);
    await own.stop();
    assert.equal(isAlive(pidIn(file)), false);
    assert.equal((await running).verdict, 'unknown');
    assert.equal((await probe(['true'], { with: own })).verdict, 'unknown');
  });
});
