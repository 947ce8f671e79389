import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { readKeyFile } from '../../../src/ipc/key-file.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'lbd-key-'));
after(() => rmSync(directory, { recursive: true }));

function read(text: string, mode = 0o600) {
  const file = path.join(directory, 'key');
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode });
  return readKeyFile(file);
}

test('readKeyFile takes text and hexadecimal, without the end of the line, and sees who else may', () => {
  const bytes = Uint8Array.from({ length: 32 }, () => 0x6b);
  assert.deepEqual(read(`${'k'.repeat(32)}\n`), { ok: true, value: { bytes, isExposed: false } });
  assert.deepEqual(read(`hex:${'6b'.repeat(32)}\r\n`, 0o640), {
    ok: true,
    value: { bytes, isExposed: true },
  });
});

test('readKeyFile tells what no key is, and nothing of what stands there', () => {
  const message = (result: ReturnType<typeof readKeyFile>) => (result.ok ? 'ok' : result.error.message);
  assert.equal(message(read('')), 'has 0 bytes, not 32 to 64');
  assert.equal(message(read('secret\n')), 'has 6 bytes, not 32 to 64');
  assert.equal(message(read(`hex:${'6x'.repeat(32)}`)), 'is not hexadecimal after hex:');
  assert.equal(message(readKeyFile(directory)), 'is no regular file');
  assert.match(message(readKeyFile(path.join(directory, 'absent'))), /^cannot be read: ENOENT/);
});
