import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { Statement } from '../../../../src/config/keepalived/statement.ts';
import type { Reading } from '../../../../src/config/reading.ts';
import { readText, say } from './compose-text.ts';
import { parse } from './parse-text.ts';

/** Debian's package keepalived has them. */
const SAMPLES = '/usr/share/doc/keepalived/samples';
const missing = existsSync(SAMPLES) ? false : `there is no ${SAMPLES}; the package keepalived has it`;
const names = missing ? [] : readdirSync(SAMPLES).filter((name) => name.startsWith('keepalived.conf.'));
const textOf = (name: string): string => readFileSync(path.join(SAMPLES, name), 'utf8');

describe("keepalived's samples", { skip: missing }, () => {
  test('are there', () => {
    assert.ok(names.length >= 25, names.join(' '));
  });

  for (const name of names) {
    test(`readKeepalived refuses nothing in ${name} and knows all its keywords`, () => {
      const reading = readText(textOf(name));
      const said = reading.diagnostics.filter(
        ({ severity, code }) => severity === 'error' || code.endsWith('_keyword'),
      );
      assert.deepEqual(said.map(say), []);
      assert.deepEqual(
        reading.leftOut.filter(({ why }) => why === 'unknown'),
        [],
      );
    });

    test(`readKeepalived has an instance, service or note for every block of ${name}`, () => {
      const { statements } = parse(textOf(name));
      const reading = readText(textOf(name));
      const { config, leftOut } = reading;
      const count = (keyword: string): number =>
        statements.filter(({ words }) => words[0].text === keyword).length;
      assert.equal(config?.instances.length, count('vrrp_instance'));
      assert.ok((config?.services.length ?? 0) >= count('virtual_server'));
      const others = statements.filter(({ words }) => !APPLIED.includes(words[0].text));
      assert.deepEqual(
        others.map(lineOf(name)).filter((line) => !leftOut.some((left) => left.line === line)),
        [],
      );
    });
  }

  test('readKeepalived reports the malformed prefixes of vrrp.rules by their lines', () => {
    const name = 'keepalived.conf.vrrp.rules';
    const lines = textOf(name).split('\n');
    const malformed = [...lines.keys()].filter((i) => /^[^!#]*\d\.\/\d/.test(lines[i] ?? ''));
    assert.ok(malformed.length > 0);
    assert.deepEqual(
      skippedLines(readText(textOf(name))),
      malformed.map((i) => i + 1),
    );
  });
});

const APPLIED = [
  ...[
    'global_defs',
    'vrrp_instance',
    'vrrp_sync_group',
    'vrrp_script',
    'virtual_server',
    'virtual_server_group',
  ],
  ...['static_ipaddress', 'static_routes', 'static_rules'],
];

const skippedLines = ({ diagnostics }: Reading): readonly number[] =>
  diagnostics.filter(({ code }) => code === 'entry_skipped').map(({ line }) => line);

const lineOf =
  (name: string) =>
  ({ words }: Statement): number =>
    textOf(name).slice(0, words[0].start).split('\n').length;
