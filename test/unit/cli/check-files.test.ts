import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { tlsFaults } from '../../../src/cli/check-files.ts';
import type { TlsConfig } from '../../../src/model/check.ts';

const plain: TlsConfig = {
  serverName: null,
  verify: false,
  ca: null,
  certificate: null,
  key: null,
  expiryWarning: null,
};

test('tlsFaults tells which PEM file is not there, is none, or does not fit the other', (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-pem-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = (name: string) => path.join(directory, name);
  const [cert, key, other, note] = [file('cert'), file('key'), file('other'), file('note')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  execFileSync(
    'openssl',
    ['req', '-x509', ...curve, '-nodes', '-subj', '/CN=a', '-keyout', key, '-out', cert],
    { stdio: 'ignore' },
  );
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(other, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(note, 'a secret\n');
  const faults = (tls: Partial<TlsConfig>) =>
    tlsFaults({ ...plain, ...tls }).map(({ key, text }) => `${key}: ${text}`);

  assert.deepEqual(faults({ verify: true, ca: cert, certificate: cert, key }), []);
  assert.deepEqual(faults({ verify: true, ca: '/nope.pem' }), [
    'ca: /nope.pem cannot be read: there is no such file',
  ]);
  assert.deepEqual(faults({ certificate: note, key: note }), [
    `certificate: ${note} is no PEM file: it has no certificate`,
    `key: ${note} is no PEM file: it has no private key`,
  ]);
  assert.deepEqual(faults({ certificate: cert, key: other }), [`key: ${other} is not the key of ${cert}`]);
  const [swapped, ...more] = faults({ certificate: key, key });
  assert.ok(swapped?.startsWith(`certificate: ${key} has no certificate that can be read: `), swapped);
  assert.deepEqual(more, []);
  assert.deepEqual(faults({ certificate: directory, key }), [`certificate: ${directory} is no regular file`]);
});
