import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { programFile } from '../../../src/daemon/program-file.ts';

test('programFile gives the bundle, unless it is older than what was compiled, or missing', (t) => {
  const dist = mkdtempSync(path.join(tmpdir(), 'lbd-dist-'));
  t.after(() => rmSync(dist, { recursive: true }));
  const [info, bundle] = [path.join(dist, '.tsbuildinfo'), path.join(dist, 'lbd/daemon/vrrp-main.js')];
  const chosen = () => programFile('vrrp-main', pathToFileURL(`${dist}/`)).pathname.slice(dist.length);
  mkdirSync(path.dirname(bundle), { recursive: true });
  assert.equal(chosen(), '/src/daemon/vrrp-main.js');
  writeFileSync(bundle, '');
  assert.equal(chosen(), '/lbd/daemon/vrrp-main.js');
  writeFileSync(info, '');
  utimesSync(bundle, 100, 100);
  utimesSync(info, 101, 101);
  assert.equal(chosen(), '/src/daemon/vrrp-main.js');
  utimesSync(info, 99, 99);
  assert.equal(chosen(), '/lbd/daemon/vrrp-main.js');
});
