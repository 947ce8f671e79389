import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYWORDS } from '../../../../src/config/keepalived/keywords/index.ts';
import { keyDocs } from '../../../../src/config/keys.ts';
import { readText } from './compose-text.ts';

/** How many keywords the parsers of keepalived install in each block, with those that only its manual page knows. */
const COUNTS: Readonly<Record<string, number>> = {
  '': 25 + 6,
  global_defs: 140 + 3,
  track_group: 1,
  garp_group: 4,
  vrrp_sync_group: 15,
  vrrp_instance: 70,
  'vrrp_instance authentication': 2,
  'vrrp_instance auth_hmac': 5,
  vrrp_script: 8,
  track_file: 3,
  vrrp_track_file: 3,
  vrrp_track_process: 9,
  bfd_instance: 15,
  virtual_server: 39,
  'virtual_server real_server': 26,
  'virtual_server real_server TCP_CHECK': 13,
  'virtual_server real_server HTTP_GET': 21,
  'virtual_server real_server HTTP_GET url': 11,
  'virtual_server real_server SSL_GET': 21,
  'virtual_server real_server SSL_GET url': 11,
  'virtual_server real_server SMTP_CHECK': 15,
  'virtual_server real_server SMTP_CHECK host': 7,
  'virtual_server real_server DNS_CHECK': 15,
  'virtual_server real_server MISC_CHECK': 10,
  'virtual_server real_server UDP_CHECK': 17,
  'virtual_server real_server PING_CHECK': 13,
  'virtual_server real_server FILE_CHECK': 2,
  'virtual_server real_server BFD_CHECK': 2,
  SSL: 4,
};

test('KEYWORDS has every keyword of every block', () => {
  const counts: Record<string, number> = {};
  for (const { block } of KEYWORDS) counts[block.join(' ')] = (counts[block.join(' ')] ?? 0) + 1;
  assert.deepEqual(counts, COUNTS);
});

test('KEYWORDS has 363 different keywords, the forms of include, and what only the manual page knows', () => {
  const names = new Set(KEYWORDS.map(({ keyword }) => keyword));
  const others = [...names].filter((name) => /^include[rmwba]?$|_file_location$/.test(name));
  assert.equal(others.length, 6 + 3);
  assert.equal(names.size - others.length, 363);
});

test('KEYWORDS gives a reason for what has no effect, and for nothing else', () => {
  for (const { keyword, treatment, doc, reason, yaml } of KEYWORDS) {
    assert.equal(reason === null, treatment === 'applied', keyword);
    assert.ok(yaml === null || treatment === 'applied', keyword);
    for (const text of [doc, reason ?? 'none']) assert.match(text, /^\S.*[^.\s]$/, keyword);
  }
});

test('KEYWORDS names keys that YAML has', () => {
  const parts = keyDocs().map(({ path }) => path.split('.'));
  const known = new Set(parts.flatMap((path) => path.map((_, i) => path.slice(0, i + 1).join('.'))));
  const wrong = KEYWORDS.filter(({ yaml }) => yaml !== null && !known.has(yaml));
  assert.deepEqual(
    wrong.map(({ keyword, yaml }) => `${keyword}: ${yaml}`),
    [],
  );
});

test('readKeepalived reads every keyword in its place, bare, with a value and with braces', () => {
  for (const { block, keyword } of KEYWORDS) {
    const open = block.map((name) => `${name} 10.0.0.1 80 {\n`).join('');
    const close = '}\n'.repeat(block.length);
    for (const form of [keyword, `${keyword} 1`, `${keyword} a b c {\n}`, `${keyword} {\n1 2\nx {\n}\n}`]) {
      const { diagnostics } = readText(`${open}${form}\n${close}`);
      const unknown = diagnostics.filter(
        ({ code, message }) => code.endsWith('_keyword') && message.includes(`"${keyword}"`),
      );
      assert.deepEqual(unknown, [], form);
    }
  }
});
