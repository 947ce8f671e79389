import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { VERSION } from '../../../src/base/version.ts';
import { root } from '../../support/root.ts';

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
};

/** It has to end by itself: a thread or a child may keep it. Milliseconds. */
const LIMIT = 30_000;

test('VERSION is that of package.json', () => assert.equal(VERSION, manifest.version));

for (const [name, file] of Object.entries(manifest.bin)) {
  test(`${name} runs by a link to it, as it is installed`, () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'lbd-bin-'));
    try {
      const link = path.join(directory, name);
      symlinkSync(path.join(root, file), link);
      assert.equal(execFileSync(link, ['--version'], { encoding: 'utf8', timeout: LIMIT }), `${VERSION}\n`);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}
