import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok } from '../../../src/base/result.ts';
import { millis } from '../../../src/base/units.ts';
import { parseFileNumber } from '../../../src/daemon/trackers/file-number.ts';
import { matchesProcess } from '../../../src/daemon/trackers/process-match.ts';
import { parseCommandLine, parseStat } from '../../../src/daemon/trackers/process-table.ts';
import type { OpenProcessEvents } from '../../../src/daemon/trackers/process-tracker.ts';
import { createQuorum } from '../../../src/daemon/trackers/quorum.ts';
import { createTrackers, type Trackers } from '../../../src/daemon/trackers/trackers.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import type {
  TrackersConfig,
  TrackFileConfig,
  TrackProcessConfig,
  TrackScriptConfig,
} from '../../../src/model/tracking.ts';
import { eventually } from '../../support/eventually.ts';

const me = userInfo().username;
const SCRIPTS = { user: me, group: null, security: true };
const NONE: TrackersConfig = { scripts: [], files: [], processes: [], bfd: [] };
const LIMIT = 5000;
/** Names of processes start with it, so that no other process of this machine counts. */
const OWN = `lbdp${process.pid}`;

const noEvents: OpenProcessEvents = async () => err({ message: 'not in this test' });

function start(openProcessEvents: OpenProcessEvents = noEvents): {
  trackers: Trackers;
  said: string[];
  changes: () => number;
} {
  const said: string[] = [];
  let changes = 0;
  const say = (level: string, event: string, message: string) =>
    void said.push(`${level} ${event}: ${message}`);
  const trackers = createTrackers({ clock: systemClock, say, openProcessEvents }, () => changes++);
  return { trackers, said, changes: () => changes };
}

suite('createTrackers', { concurrency: 4 }, () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-trackers-'));
    chmodSync(directory, 0o755);
  });
  after(() => rmSync(directory, { recursive: true }));

  const at = (name: string) => path.join(directory, name);
  const program = (name: string, text: string, mode = 0o755): string => {
    writeFileSync(at(name), `#!/bin/sh\n${text}\n`);
    chmodSync(at(name), mode);
    return at(name);
  };
  const script = (name: string, file: string, more: Partial<TrackScriptConfig> = {}): TrackScriptConfig => ({
    name,
    command: { argv: [file], user: null, group: null },
    interval: millis(20),
    timeout: millis(2000),
    rise: 1,
    fall: 1,
    initFail: false,
    ...more,
  });

  test('runs scripts at once, and believes their results by rise and fall', async () => {
    const { trackers, said, changes } = start();
    writeFileSync(at('status'), '0');
    const runs = at('runs');
    const check = program('check', `echo run >> ${runs}\nexit $(cat ${at('status')})`);
    const config = { ...NONE, scripts: [script('chk', check, { rise: 2, fall: 3 })] };
    trackers.apply(config, SCRIPTS);
    assert.deepEqual(trackers.states().scripts, { chk: 'unknown' });
    await eventually('it is good', LIMIT, () => trackers.states().scripts['chk'] === 'good', 5);
    writeFileSync(at('status'), '1');
    const before = readFileSync(runs, 'utf8').length;
    await eventually('it is bad', LIMIT, () => trackers.states().scripts['chk'] === 'bad', 1);
    assert.ok(
      readFileSync(runs, 'utf8').length - before >= 3 * 4 - 4,
      'three failures, one may have begun before',
    );

    // The same tracker after a reload goes on; one with another interval begins again.
    const told = changes();
    trackers.apply(config, SCRIPTS);
    assert.deepEqual(trackers.states().scripts, { chk: 'bad' });
    trackers.apply({ ...NONE, scripts: [script('chk', check, { interval: millis(30) })] }, SCRIPTS);
    assert.deepEqual(trackers.states().scripts, { chk: 'unknown' });
    await eventually('it is told', LIMIT, () => changes() > told + 1);
    await trackers.stop();
    assert.deepEqual(said.slice(0, 2), [
      'info tracker_changed: script chk: unknown → good: it exited with status 0',
      'warn tracker_changed: script chk: good → bad: it exited with status 1',
    ]);
    const last = readFileSync(runs, 'utf8').length;
    await sleep(80);
    assert.equal(readFileSync(runs, 'utf8').length, last, 'it does not run any more');
  });

  test('never runs a script twice at a time, counts a timeout when it happens, ends it at the stop', async () => {
    const { trackers } = start();
    const runs = at('slow-runs');
    writeFileSync(runs, '');
    const slow = program('slow', `trap 'sleep 0.3; exit 0' TERM\necho x >> ${runs}\nsleep 30 & wait`);
    trackers.apply({ ...NONE, scripts: [script('slow', slow, { timeout: millis(60) })] }, SCRIPTS);
    await eventually('it is bad', LIMIT, () => trackers.states().scripts['slow'] === 'bad', 5);
    assert.equal(readFileSync(runs, 'utf8'), 'x\n', 'the run that timed out is still being ended');
    await trackers.stop();
    const last = readFileSync(runs, 'utf8').length;
    await sleep(100);
    assert.equal(readFileSync(runs, 'utf8').length, last);
  });

  test('says once that a script is unusable, and uses it when it can be run', async () => {
    const { trackers, said } = start();
    const file = at('later');
    trackers.apply({ ...NONE, scripts: [script('later', file)] }, SCRIPTS);
    await eventually('it is unusable', LIMIT, () => trackers.states().scripts['later'] === 'unusable', 5);
    await sleep(60);
    assert.deepEqual(said, [
      `error tracker_failed: script later cannot be run and changes nothing: ${file} does not exist`,
    ]);
    program('later.new', 'exit 0');
    renameSync(at('later.new'), file);
    await eventually('it is good', LIMIT, () => trackers.states().scripts['later'] === 'good', 5);
    await trackers.stop();
  });

  const file = (name: string, more: Partial<TrackFileConfig> = {}): TrackFileConfig => ({
    name,
    path: at(`${name}.d/${name}`),
    init: null,
    ...more,
  });
  const put = (config: TrackFileConfig, text: string) => {
    mkdirSync(path.dirname(config.path), { recursive: true });
    writeFileSync(config.path, text);
  };

  test('follows the number in a file through writes, replacements and removal', async () => {
    const { trackers, said, changes } = start();
    const one = file('one');
    put(one, '7 of 9\n');
    trackers.apply({ ...NONE, files: [one] }, SCRIPTS);
    const value = () => trackers.states().files['one'];
    assert.equal(value(), 7, 'known at once');
    put(one, '-3');
    await eventually('a write is seen', LIMIT, () => value() === -3, 2);
    writeFileSync(`${one.path}.new`, '12');
    renameSync(`${one.path}.new`, one.path);
    await eventually('a replacement is seen', LIMIT, () => value() === 12, 2);
    const told = changes();
    writeFileSync(one.path, '');
    await sleep(20);
    appendFileSync(one.path, '12');
    await sleep(200);
    assert.equal(changes(), told, 'what is empty for a moment says nothing');
    rmSync(one.path);
    await eventually('its end is seen', LIMIT, () => value() === 0, 2);
    put(one, 'high');
    await eventually('it is said', LIMIT, () =>
      said.some((line) => line.includes('does not start with a number')),
    );
    assert.equal(value(), 0);
    await trackers.stop();
  });

  test('finds a file whose directory comes later', { timeout: 20_000 }, async () => {
    const { trackers } = start();
    const late = file('late');
    trackers.apply({ ...NONE, files: [late] }, SCRIPTS);
    assert.deepEqual(trackers.states().files, { late: 0 });
    put(late, '5');
    await eventually('it is found by the slow look', 10_000, () => trackers.states().files['late'] === 5);
    await trackers.stop();
  });

  test('creates a file with its first number, over another one only where that is wanted', async () => {
    const { trackers, said } = start();
    const [fresh, kept, over] = [
      file('fresh', { init: { value: 4, overwrite: false } }),
      file('kept', { init: { value: 4, overwrite: false } }),
      file('over', { init: { value: 4, overwrite: true } }),
    ] as const;
    mkdirSync(path.dirname(fresh.path));
    put(kept, '1');
    put(over, '1234');
    const nowhere = file('nowhere', { init: { value: 4, overwrite: true } });
    trackers.apply({ ...NONE, files: [fresh, kept, over, nowhere] }, SCRIPTS);
    assert.deepEqual(trackers.states().files, { fresh: 4, kept: 1, over: 4, nowhere: 0 });
    assert.match(said.join('\n'), /^error tracker_failed: file nowhere cannot be created: ENOENT/);
    await trackers.stop();
  });

  const track = (name: string, command: [string, ...string[]], more: Partial<TrackProcessConfig> = {}) => ({
    name,
    command,
    match: 'any' as const,
    fullCommand: false,
    quorum: 1,
    quorumMax: null,
    forkDelay: millis(0),
    terminateDelay: millis(0),
    ...more,
  });
  const run = (name: string): ChildProcess => {
    copyFileSync('/bin/sleep', at(name));
    return spawn(at(name), ['60'], { stdio: 'ignore' });
  };

  test('counts processes by looking at /proc where the kernel does not tell', async () => {
    const { trackers, said } = start();
    const name = `${OWN}1`;
    const processes = [
      track('by-name', [name]),
      track('at-most-one', [at(name), '60'], {
        match: 'exact',
        fullCommand: true,
        quorum: 0,
        quorumMax: 1,
      }),
    ];
    const health = () => trackers.states().processes;
    trackers.apply({ ...NONE, processes }, SCRIPTS);
    assert.deepEqual(health(), { 'by-name': 'bad', 'at-most-one': 'good' });
    const first = run(name);
    await eventually('it is counted', LIMIT, () => health()['by-name'] === 'good');
    const second = spawn(at(name), ['60'], { stdio: 'ignore' });
    await eventually('two are too many', LIMIT, () => health()['at-most-one'] === 'bad');
    first.kill();
    second.kill();
    await eventually('both are gone', LIMIT, () => health()['by-name'] === 'bad');
    assert.equal(said.filter((line) => line.includes('/proc is read every 500 ms')).length, 1);
    await trackers.stop();
  });

  test('counts processes by what the kernel tells, and looks again when it lost something', async () => {
    let listener: Parameters<OpenProcessEvents>[0] | null = null;
    let closed = 0;
    const { trackers } = start(async (given) => {
      listener = given;
      return ok({ close: () => closed++ });
    });
    const name = `${OWN}2`;
    trackers.apply({ ...NONE, processes: [track('one', [name], { quorum: 2 })] }, SCRIPTS);
    const health = () => trackers.states().processes['one'];
    await sleep(20);
    assert.ok(listener !== null);
    const kernel: Parameters<OpenProcessEvents>[0] = listener;
    const child = run(name);
    await eventually(
      'it runs',
      LIMIT,
      () => readFileSync(`/proc/${child.pid}/comm`, 'utf8') === `${name}\n`,
      5,
    );
    const pid = child.pid ?? 0;
    kernel.event({ what: 'exec', pid });
    assert.equal(health(), 'bad', 'one of two');
    kernel.event({ what: 'fork', parent: pid, pid: 4_000_000 });
    assert.equal(health(), 'good', 'a fork is what its parent is');
    kernel.event({ what: 'exit', pid: 4_000_000 });
    assert.equal(health(), 'bad');
    kernel.event({ what: 'fork', parent: pid, pid: 4_000_000 });
    kernel.overrun();
    assert.equal(health(), 'bad', 'what is not in /proc does not run');
    child.kill();
    trackers.apply(NONE, SCRIPTS);
    assert.equal(closed, 1);
    await trackers.stop();
  });
});

test('createQuorum believes a change that lasts', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const heard: string[] = [];
  const config = { quorum: 2, quorumMax: 3, forkDelay: millis(100), terminateDelay: millis(500) };
  const quorum = createQuorum(config, (health, running) => heard.push(`${health} ${running}`));
  quorum.count(2);
  assert.deepEqual(heard, ['good 2'], 'the first count at once');
  quorum.count(1);
  t.mock.timers.tick(499);
  quorum.count(2);
  t.mock.timers.tick(1000);
  assert.deepEqual(heard, ['good 2'], 'a restart goes unnoticed');
  quorum.count(4);
  t.mock.timers.tick(250);
  quorum.count(1);
  t.mock.timers.tick(250);
  assert.deepEqual(heard, ['good 2', 'bad 1']);
  quorum.count(3);
  t.mock.timers.tick(100);
  assert.deepEqual(heard, ['good 2', 'bad 1', 'good 3']);
});

test('matchesProcess compares names and arguments as keepalived does', () => {
  const nginx = { comm: 'nginx', argv: ['/usr/sbin/nginx', '-g', 'daemon off;'] };
  const of = (command: [string, ...string[]], match: TrackProcessConfig['match'], fullCommand: boolean) =>
    matchesProcess({ command, match, fullCommand }, nginx);
  assert.equal(of(['nginx'], 'any', false), true);
  assert.equal(of(['/usr/sbin/nginx'], 'any', false), true);
  assert.equal(of(['ngin'], 'any', false), false);
  assert.equal(of(['nginx'], 'any', true), false);
  assert.equal(of(['/usr/sbin/nginx'], 'any', true), true);
  const full = (match: TrackProcessConfig['match'], ...args: string[]) =>
    of(['/usr/sbin/nginx', ...args], match, true);
  assert.deepEqual(
    [
      full('exact'),
      full('exact', '-g'),
      full('exact', '-g', 'daemon off;'),
      full('exact', '-g', 'daemon off;', 'x'),
    ],
    [false, false, true, false],
  );
  assert.deepEqual(
    [full('partial', '-g'), full('partial', '-'), full('partial', '-g', 'daemon')],
    [true, false, false],
  );
  assert.deepEqual(
    [full('initial'), full('initial', '-g', 'daemon'), full('initial', '-x', 'daemon'), full('initial', '-')],
    [true, true, false, true],
  );
  const long = { comm: 'a-very-long-nam', argv: [] };
  assert.equal(
    matchesProcess({ command: ['a-very-long-name'], match: 'any', fullCommand: false }, long),
    true,
  );
});

test('parseStat, parseCommandLine and parseFileNumber read what processes and people write', () => {
  assert.deepEqual(parseStat('7 (a) b (c)) S 1 7'), { comm: 'a) b (c)', ended: false });
  assert.deepEqual(parseStat('7 (sh) Z 1 7'), { comm: 'sh', ended: true });
  assert.equal(parseStat(''), null);
  assert.deepEqual(parseCommandLine('a\0\0b\0'), ['a', '', 'b']);
  assert.deepEqual(parseCommandLine('nginx: worker'), ['nginx: worker']);
  assert.deepEqual(parseCommandLine(''), []);
  const values = [' +5x', '\n-2 3', '-0', '99999999999', '-99999999999'].map(
    (text) => parseFileNumber(text).value,
  );
  assert.deepEqual(values, [5, -2, 0, 2147483647, -2147483647]);
  assert.deepEqual([parseFileNumber(' \n').absent, parseFileNumber('0').absent], [true, false]);
});
