import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { writePng } from '../../../bench/report/png.ts';

test('without rsvg-convert there is no PNG, and that is said', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-png-'));
  const searched = process.env['PATH'];
  try {
    const svg = path.join(directory, 'a.svg');
    writeFileSync(svg, '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>');
    process.env['PATH'] = directory;
    assert.match(writePng(svg, path.join(directory, 'a.png')) ?? '', /librsvg2-bin/);
    assert.equal(existsSync(path.join(directory, 'a.png')), false);
  } finally {
    process.env['PATH'] = searched;
    rmSync(directory, { recursive: true });
  }
});
