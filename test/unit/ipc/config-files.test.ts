import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { machineFiles } from '../../../src/ipc/config-files.ts';
import { parseBundle, recordFiles, replayFiles } from '../../../src/ipc/file-bundle.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'lbd-files-'));
after(() => rmSync(directory, { recursive: true }));
for (const name of ['a.conf', 'b.conf', 'c1.inc', '.hidden.conf', 'x[1].conf']) {
  writeFileSync(path.join(directory, name), `# ${name}\n`);
}
mkdirSync(path.join(directory, 'sub.conf'));
writeFileSync(path.join(directory, 'sub.conf', 'd.conf'), '');

const names = (pattern: string) =>
  machineFiles.match(path.join(directory, pattern)).map((file) => path.relative(directory, file));

test('machineFiles matches files as a shell does', () => {
  assert.deepEqual(names('*.conf'), ['a.conf', 'b.conf', 'x[1].conf']);
  assert.deepEqual(names('[a-b].conf'), ['a.conf', 'b.conf']);
  assert.deepEqual(names('[!a].conf'), ['b.conf']);
  assert.deepEqual(names('.*.conf'), ['.hidden.conf']);
  assert.deepEqual(names('c?.inc'), ['c1.inc']);
  assert.deepEqual(names('*/d.conf'), ['sub.conf/d.conf']);
  assert.deepEqual(names('a.conf'), ['a.conf']);
  assert.deepEqual(names('none*'), []);
  assert.deepEqual(names('none/*'), []);
});

test('machineFiles says why a file cannot be read', () => {
  assert.deepEqual(machineFiles.read(path.join(directory, 'a.conf')), { ok: true, value: '# a.conf\n' });
  assert.deepEqual(machineFiles.read(path.join(directory, 'none')), {
    ok: false,
    error: 'there is no such file',
  });
  assert.deepEqual(machineFiles.read(directory), { ok: false, error: 'it is a directory' });
  assert.match(JSON.stringify(machineFiles.read('/dev/zero')), /it has more than \d+ bytes/);
});

test('a bundle answers what was asked when it was recorded, and nothing else', () => {
  const main = path.join(directory, 'a.conf');
  const pattern = path.join(directory, '*.conf');
  const { files, bundle } = recordFiles(machineFiles);
  files.read(main);
  files.read('/none');
  files.match(pattern);
  const sent = parseBundle(JSON.stringify(bundle(main)));
  assert.ok(sent !== null);
  const replayed = replayFiles(sent);
  assert.deepEqual(replayed.read(main), { ok: true, value: '# a.conf\n' });
  assert.deepEqual(replayed.read('/none'), { ok: false, error: 'there is no such file' });
  assert.deepEqual(replayed.match(pattern), machineFiles.match(pattern));
  assert.equal(replayed.read('/etc/passwd').ok, false);
  assert.deepEqual(replayed.match('/etc/*'), []);
});

test('parseBundle gives null for anything but a bundle', () => {
  const good = { main: 'a', read: { a: { ok: true, value: '' } }, matched: { 'b*': [] } };
  assert.notEqual(parseBundle(JSON.stringify(good)), null);
  for (const bad of [
    '',
    'null',
    '[]',
    '{}',
    JSON.stringify({ ...good, main: 1 }),
    JSON.stringify({ ...good, read: { a: { ok: true } } }),
    JSON.stringify({ ...good, read: { a: null } }),
    JSON.stringify({ ...good, matched: { b: [1] } }),
  ]) {
    assert.equal(parseBundle(bad), null, bad);
  }
});
