import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { openConnections } from '../../../src/kernel/ip-vs-conn.ts';

const TITLE = 'Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData';

/** A connection table of a thousand clients, which ports tell apart. */
function table(t: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'lbd-conn-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = path.join(dir, 'ip_vs_conn');
  const lines = Array.from({ length: 1000 }, (_, i) => {
    const port = i.toString(16).toUpperCase().padStart(4, '0');
    return `TCP C6336401 ${port} C000020A 0050 0A00000B 1F90 ESTABLISHED     ${100 + i}`;
  });
  writeFileSync(file, `${[TITLE, ...lines].join('\n')}\n`);
  return file;
}

const isOpen = (file: string): boolean =>
  readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file;
    } catch {
      // That of the listing itself is gone by now.
      return false;
    }
  });

test('openConnections gives every line once, some at a time', async (t) => {
  const file = table(t);
  const opened = await openConnections(file);
  assert.ok(opened.ok);
  const seen: number[] = [];
  let most = 0;
  for await (const some of opened.value) {
    seen.push(...some.map(({ client, expires }) => (expires === client.port + 100 ? client.port : -1)));
    most = Math.max(most, some.length);
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 1000 }, (_, i) => i),
  );
  assert.ok(most < 100, `${most} at once`);
  assert.equal(isOpen(file), false);
});

test('openConnections closes a file that is not read to its end, and says where there is none', async (t) => {
  const file = table(t);
  const opened = await openConnections(file);
  assert.ok(opened.ok);
  for await (const some of opened.value) {
    assert.ok(some.length > 0 && isOpen(file));
    break;
  }
  assert.equal(isOpen(file), false);
  assert.deepEqual(await openConnections('/nonexistent'), {
    ok: false,
    error: 'this kernel has no IPVS: there is no /nonexistent',
  });
});
