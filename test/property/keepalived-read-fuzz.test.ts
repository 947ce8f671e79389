import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { err, ok } from '../../src/base/result.ts';
import { CONFIG_CODES } from '../../src/config/diagnostic.ts';
import { KEYWORDS } from '../../src/config/keepalived/keywords/index.ts';
import { printDiagnostics } from '../../src/config/print.ts';
import { printYaml } from '../../src/config/print-yaml.ts';
import { readKeepalived } from '../../src/config/read-keepalived.ts';
import { readYaml } from '../../src/config/read-yaml.ts';
import { splitLines } from '../../src/config/source.ts';
import { read, root } from '../unit/config/files.ts';

/** More for a long fuzz: LBD_FUZZ_RUNS=100000. */
const RUNS = Number(process.env['LBD_FUZZ_RUNS'] ?? 2000);

const SEEDS = [
  ...readdirSync(path.join(root, 'test/articles'))
    .filter((name) => name.endsWith('.conf'))
    .map((name) => read(`test/articles/${name}`)),
  read('conf/keepalived.conf'),
  `virtual_server_group G {
  10.0.0.1-3 80
  10.1.0.0/30 443
  2001:db8::1-4 80
  fwmark 7
}
virtual_server group G {
  lb_algo mh
  mh-port
  lb_kind TUN
  protocol TCP
  persistence_timeout
  persistence_granularity 255.255.255.0
  quorum 7
  sorry_server 10.0.0.9 80
  real_server 10.9.0.1 80 {
    weight 0
    uthreshold 10
    TCP_CHECK {
      retry 3
      delay_before_retry 2
    }
    HTTP_GET { url { path / } }
  }
}
`,
];
const KEYWORD_LINES = KEYWORDS.map(({ keyword }) => keyword);
const VALUES = [
  ...['0', '1', '-1', '80', '255', '256', '300', '4294967296', '1.5', '1e3', '010', 'on', 'MASTER', 'wlcc'],
  ...['10.0.0.1', '10.0.0.300', '10.0.0.1/33', '10.0.0.1-300', '2001:db8::1', '::', 'eth0', '__proto__', ''],
  ...['"', '{', '}', '#', '!', '//', '\n', '\r\n', '\\', '$X', '@x', '\u0000', '\ud800', '🦀'],
];

type Cut = { at: number; gone: number; put: string };
const cut = (seed: string): fc.Arbitrary<Cut> =>
  fc.record({
    at: fc.nat(seed.length),
    gone: fc.oneof(fc.constant(0), fc.nat(12), fc.nat(200)),
    put: fc.oneof(
      fc.constantFrom(...VALUES),
      fc
        .tuple(fc.constantFrom(...KEYWORD_LINES), fc.constantFrom(...VALUES))
        .map(([a, b]) => `\n${a} ${b}\n`),
      fc.constantFrom(...KEYWORD_LINES).map((keyword) => `\n${keyword} {\n`),
      fc.string({ maxLength: 6 }),
    ),
  });
const mutated = fc
  .constantFrom(...SEEDS)
  .chain((seed) => fc.tuple(fc.constant(seed), fc.array(cut(seed), { minLength: 1, maxLength: 5 })))
  .map(([seed, cuts]) =>
    cuts.reduce((text, { at, gone, put }) => text.slice(0, at) + put + text.slice(at + gone), seed),
  );

const context = (text: string) => ({
  files: {
    read: (name: string) => (name === 'f.conf' ? ok(text) : err('there is no such file')),
    match: () => [],
  },
  hostname: 'lb01.example.org',
  configId: null,
  env: () => undefined,
  random: () => 0.5,
});

test('readKeepalived answers any text with mistakes that lie within it, or with what YAML can say as well', () => {
  const seen = new Set<string>();
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: mutated }, fc.string()), (text) => {
      const { config, diagnostics, sources, leftOut } = readKeepalived('f.conf', context(text));
      assert.equal(
        config === null,
        diagnostics.some(({ severity }) => severity === 'error'),
      );
      const lines = splitLines(text);
      for (const { line, column, length, code } of diagnostics) {
        const width = lines[line - 1]?.length;
        assert.ok(width !== undefined && column >= 1 && column <= width + 1, `${code} ${line}:${column}`);
        assert.ok(length >= 1 && column - 1 + length <= Math.max(width, column), `${code} length ${length}`);
        assert.ok(CONFIG_CODES.includes(code));
        seen.add(code);
      }
      printDiagnostics(diagnostics, sources);
      if (config === null) return;
      accepted++;
      assert.deepEqual(structuredClone(config), config);
      const yaml = printYaml(config, leftOut);
      const again = readYaml(yaml, 'f.yaml', { hostname: 'another' });
      assert.ok(again.ok, `${JSON.stringify(again)}\n${yaml}`);
      assert.deepEqual(again.value.config, config);
    }),
    { numRuns: RUNS },
  );
  assert.ok(accepted > RUNS / 20 && seen.size > 20, `${accepted} accepted; met ${[...seen].join(' ')}`);
});
