// Nothing that somebody planted is followed, opened for long, or believed; what we make is for us alone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { stateFile } from '../../../src/ipc/state-file.ts';

const TEXT = '{"roles":[]}\n';
const notRoot = process.geteuid?.() === 0 ? false : 'not root: cannot mount or give files away';

/** A directory for the test, the state directory that does not exist yet in it, and the file. */
function place(t: TestContext, tidy: (directory: string) => void = () => undefined) {
  const around = mkdtempSync(path.join(tmpdir(), 'lbd-state-'));
  const directory = path.join(around, 'state');
  t.after(() => {
    tidy(directory);
    rmSync(around, { recursive: true });
  });
  const precious = path.join(around, 'precious');
  writeFileSync(precious, 'precious', { mode: 0o600 });
  return {
    directory,
    precious,
    roles: path.join(directory, 'roles.json'),
    file: stateFile(directory, 'roles.json'),
  };
}

const modeOf = (name: string) => lstatSync(name).mode & 0o7777;

async function because(answer: Promise<{ ok: boolean; error?: { because: string } }>): Promise<string> {
  const { ok, error } = await answer;
  return ok ? 'no error' : (error?.because ?? '');
}

test('write makes the directory for its owner alone, and a new file of mode 0600 each time', async (t) => {
  const { directory, roles, file } = place(t);
  const umask = process.umask(0);
  t.after(() => process.umask(umask));
  assert.deepEqual(await file.read(), { ok: true, value: null });
  assert.deepEqual(await file.write(TEXT), { ok: true, value: undefined });
  assert.deepEqual([modeOf(directory), modeOf(roles)], [0o700, 0o600]);
  const { ino } = statSync(roles);
  chmodSync(roles, 0o644);
  assert.deepEqual(await file.write('second'), { ok: true, value: undefined });
  assert.equal(modeOf(roles), 0o600);
  assert.notEqual(statSync(roles).ino, ino);
  assert.deepEqual(await file.read(), { ok: true, value: 'second' });
  assert.deepEqual(readdirSync(directory), ['roles.json']);
});

for (const name of ['roles.json', 'roles.json.new']) {
  test(`write replaces what is planted as ${name} and touches nothing else`, async (t) => {
    const { directory, roles, precious, file } = place(t);
    mkdirSync(directory, { mode: 0o700 });
    const planted = path.join(directory, name);
    const plants = [
      () => symlinkSync(precious, planted),
      () => symlinkSync('/nowhere/at/all', planted),
      () => linkSync(precious, planted),
      () => void execFileSync('mkfifo', [planted]),
      () => writeFileSync(planted, 'open to all', { mode: 0o666 }),
    ];
    for (const plant of plants) {
      plant();
      assert.deepEqual(await file.write(TEXT), { ok: true, value: undefined });
      assert.ok(lstatSync(roles).isFile());
      assert.deepEqual([modeOf(roles), statSync(roles).nlink, readFileSync(roles, 'utf8')], [0o600, 1, TEXT]);
      assert.deepEqual(readdirSync(directory), ['roles.json']);
      rmSync(roles);
    }
    assert.deepEqual([readFileSync(precious, 'utf8'), modeOf(precious)], ['precious', 0o600]);

    mkdirSync(planted);
    const what = await because(file.write(TEXT));
    assert.match(what, /^cannot write .*\/state\/roles\.json: .*directory.*, and what is there stays$/);
  });
}

test('read believes nothing but a small file of its own under one name', async (t) => {
  const { directory, roles, precious, file } = place(t);
  mkdirSync(directory, { mode: 0o700 });
  const plants: [RegExp, () => void][] = [
    [/is a symbolic link$/, () => symlinkSync(precious, roles)],
    [/has other names$/, () => linkSync(precious, roles)],
    [/is no regular file$/, () => void execFileSync('mkfifo', [roles])],
    [/is no regular file$/, () => mkdirSync(roles)],
    [/has more than 16777216 bytes$/, () => writeFileSync(roles, Buffer.alloc(17_000_000, 0xa5))],
    [
      /may be written by others than its owner$/,
      () => {
        writeFileSync(roles, TEXT);
        chmodSync(roles, 0o620);
      },
    ],
  ];
  for (const [reason, plant] of plants) {
    plant();
    const what = await because(file.read());
    assert.ok(what.startsWith(`${roles} `), what);
    assert.match(what, reason);
    rmSync(roles, { recursive: true });
  }
  writeFileSync(roles, '');
  assert.deepEqual(await file.read(), { ok: true, value: '' });
});

test('a directory that is a link, no directory, or open to others is used neither to read nor to write', async (t) => {
  const { directory, precious, file } = place(t);
  const elsewhere = `${directory}-elsewhere`;
  mkdirSync(elsewhere, { mode: 0o700 });
  writeFileSync(path.join(elsewhere, 'roles.json'), TEXT, { mode: 0o600 });
  const plants: [RegExp, () => void][] = [
    [/state is a symbolic link$/, () => symlinkSync(elsewhere, directory)],
    [/state is a symbolic link$/, () => symlinkSync('/nowhere/at/all', directory)],
    [/state is no directory$/, () => linkSync(precious, directory)],
    [/state is no directory$/, () => void execFileSync('mkfifo', [directory])],
    [
      /state may be written by others than its owner$/,
      () => {
        mkdirSync(directory);
        chmodSync(directory, 0o777);
      },
    ],
  ];
  for (const [reason, plant] of plants) {
    plant();
    for (const at of [file, stateFile(`${directory}/`, 'roles.json')]) {
      assert.match(await because(at.read()), reason);
      assert.match(await because(at.write('new')), reason);
    }
    rmSync(directory, { recursive: true });
  }
  assert.equal(readFileSync(path.join(elsewhere, 'roles.json'), 'utf8'), TEXT);
  const orphan = stateFile(path.join(directory, 'no', 'where'), 'roles.json');
  assert.match(await because(orphan.write(TEXT)), /^cannot make .*\/no\/where: no such file or directory$/);
});

test('a directory or file of another user is not believed, even by root', { skip: notRoot }, async (t) => {
  const { directory, roles, file } = place(t);
  await file.write(TEXT);
  chownSync(roles, 65_534, 65_534);
  assert.match(await because(file.read()), /roles\.json belongs to another user \(uid 65534\)$/);
  chownSync(directory, 65_534, 65_534);
  assert.match(await because(file.write('new')), /state belongs to another user \(uid 65534\)$/);
  assert.equal(readFileSync(roles, 'utf8'), TEXT);
});

test('a full or read-only disk fails the write, leaves no stale file where it can, and is no matter later', {
  skip: notRoot,
}, async (t) => {
  const { directory, roles, file } = place(t, (mounted) => void execFileSync('umount', [mounted]));
  mkdirSync(directory);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'lbd-test', directory]);
  assert.deepEqual(await file.write(TEXT), { ok: true, value: undefined });
  const filler = path.join(directory, 'filler');
  assert.throws(() => writeFileSync(filler, Buffer.alloc(100_000)), { code: 'ENOSPC' });
  assert.equal(await because(file.write(TEXT)), `cannot write ${roles}: no space left on device`);
  assert.deepEqual(readdirSync(directory), ['filler']);
  rmSync(filler);
  assert.deepEqual(await file.write(TEXT), { ok: true, value: undefined });

  execFileSync('mount', ['-o', 'remount,ro', directory]);
  const what = `cannot write ${roles}: read-only file system, and what is there stays`;
  assert.equal(await because(file.write('new')), what);
  assert.deepEqual(await file.read(), { ok: true, value: TEXT });
  assert.ok(!existsSync(`${roles}.new`));
});
