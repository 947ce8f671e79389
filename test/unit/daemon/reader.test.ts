import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { openReader } from '../../../src/daemon/reader.ts';

const GOOD = 'services:\n  web: { address: 10.0.0.1, port: 80, protocol: tcp, servers: [10.0.0.2] }\n';

test('openReader reads a file, or the files that it is sent, and tells why one is refused', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-reader-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'lbd.yaml');
  writeFileSync(file, GOOD);
  const reader = openReader();
  const read = await reader({ file, configId: null, bundle: null });
  assert.ok(read.ok);
  assert.deepEqual(
    read.value.config.services.map(({ key }) => key),
    [{ kind: 'address', protocol: 'tcp', address: '10.0.0.1', port: 80 }],
  );
  const bundle = {
    main: 'sent.yaml',
    read: { 'sent.yaml': { ok: true, value: 'servces: {}\n' } },
    matched: {},
  } as const;
  const [refused, missing] = await Promise.all([
    reader({ file, configId: null, bundle }),
    reader({ file: path.join(directory, 'none.yaml'), configId: null, bundle: null }),
  ]);
  assert.ok(!refused.ok);
  assert.match(refused.error.lines[0], /^sent\.yaml:1:1: .*services/);
  assert.ok(!missing.ok);
});
