import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { openRecording } from '../../../src/daemon/core-recorder.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'lbd-recording-'));
const open = async (name: string) => {
  const opened = await openRecording(path.join(directory, name), (because) => assert.fail(because));
  assert.ok(opened.ok, opened.ok ? '' : opened.error);
  return opened.value;
};
const begin = (n: number) => `{"file":1,"n":${n}}`;

suite('openRecording', () => {
  after(() => rmSync(directory, { recursive: true }));

  test('openRecording keeps the latest sixteen files, each from its begin', async () => {
    const recording = await open('ring');
    for (let n = 1; n <= 20; n++) await recording.write([begin(n), `line ${n}`]);
    await recording.write(['the end', begin(21)]);
    await recording.close();
    const names = readdirSync(path.join(directory, 'ring')).sort();
    assert.equal(names.length, 16);
    assert.deepEqual([names[0], names.at(-1)], ['vrrp-000006.jsonl', 'vrrp-000021.jsonl']);
    const last = path.join(directory, 'ring', 'vrrp-000020.jsonl');
    assert.equal(readFileSync(last, 'utf8'), `${begin(20)}\nline 20\nthe end\n`);
    assert.equal(statSync(last).mode & 0o777, 0o600);
    assert.equal(statSync(path.join(directory, 'ring')).mode & 0o777, 0o700);
  });

  test('openRecording goes on after the files of a former daemon', async () => {
    const recording = await open('ring');
    await recording.write([begin(22)]);
    await recording.close();
    assert.ok(readdirSync(path.join(directory, 'ring')).includes('vrrp-000022.jsonl'));
  });

  test('openRecording refuses a link and a directory that others may write to', async () => {
    mkdirSync(path.join(directory, 'open'));
    mkdirSync(path.join(directory, 'real'));
    symlinkSync(path.join(directory, 'real'), path.join(directory, 'link'));
    chmodSync(path.join(directory, 'open'), 0o777);
    for (const name of ['open', 'link']) {
      assert.equal((await openRecording(path.join(directory, name), () => undefined)).ok, false, name);
    }
  });

  test('openRecording makes the directories above, and refuses where none can be made', {
    timeout: 10_000,
  }, async () => {
    await (await open('above/below')).close();
    assert.equal(statSync(path.join(directory, 'above')).mode & 0o777, 0o700);
    assert.equal((await openRecording('/proc/none/below', () => undefined)).ok, false);
  });
});
