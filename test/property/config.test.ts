import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { CONFIG_CODES } from '../../src/config/diagnostic.ts';
import { printDiagnostic } from '../../src/config/print.ts';
import { readYaml } from '../../src/config/read-yaml.ts';
import { splitLines } from '../../src/config/source.ts';
import { read, root } from '../unit/config/files.ts';

/** More for a long fuzz: LBD_FUZZ_RUNS=100000. */
const RUNS = Number(process.env['LBD_FUZZ_RUNS'] ?? 3000);
const SEEDS = [
  ...readdirSync(path.join(root, 'conf'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => read(`conf/${name}`)),
  read('test/golden/config/mistakes.yaml'),
];
const WORDS = SEEDS.flatMap((seed) => seed.split(/(?<=\s)|(?=[:,{}[\]])/)).filter(
  (word) => word.trim() !== '',
);
const BITS = [
  ...['{', '}', '[', ']', ': ', '- ', '? ', '&a ', '*a', '<<: ', '!!set ', '"', "'", '|', '>', '#', '%', '@'],
  ...[
    '\n',
    '\r',
    '\r\n',
    '\t',
    '  ',
    '---\n',
    '...\n',
    '\ufeff',
    '\u0000',
    '\ud800',
    '🦀',
    '__proto__',
    '::',
  ],
  ...[
    'null',
    '~',
    'no',
    '.nan',
    '-.inf',
    '1e400',
    '0x1F',
    '-1',
    '99999999999999999999',
    '',
    '[2001:db8::80]:80',
  ],
];

type Cut = { at: number; gone: number; put: string };
const cut = (seed: string): fc.Arbitrary<Cut> =>
  fc.record({
    at: fc.nat(seed.length),
    gone: fc.oneof(fc.constant(0), fc.nat(12), fc.nat(200)),
    put: fc.oneof(fc.constantFrom(...BITS), fc.constantFrom(...WORDS), fc.string({ maxLength: 6 })),
  });
const mutated = fc
  .constantFrom(...SEEDS)
  .chain((seed) => fc.tuple(fc.constant(seed), fc.array(cut(seed), { minLength: 1, maxLength: 5 })))
  .map(([seed, cuts]) =>
    cuts.reduce((text, { at, gone, put }) => text.slice(0, at) + put + text.slice(at + gone), seed),
  );

/** Any shape of data under the keys that the samples use; JSON is YAML. */
const KEYS = [...new Set(SEEDS.flatMap((seed) => [...seed.matchAll(/(\w+):/g)].map(([, key = '']) => key)))];
const { map } = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('map'), tie('list')),
  leaf: fc.oneof(
    fc.constantFrom<unknown>(...WORDS, ...BITS, null, true, 0, -1, 1.5, 80, 256, 1e300),
    fc.ipV4(),
    fc.ipV6(),
  ),
  map: fc.dictionary(fc.constantFrom(...KEYS, '0', 'toString'), tie('any'), { maxKeys: 5 }),
  list: fc.array(tie('any'), { maxLength: 4 }),
}));
const VI = { interface: 'eth0', virtual_router_id: 1, virtual_addresses: ['10.0.0.1'] };
const WEB = { address: '10.0.0.1', port: 80, protocol: 'tcp', servers: ['10.0.0.2'] };
const shaped = fc
  .tuple(map, map, map)
  .map(([vi, web, server]) => [
    vi,
    { ...WEB, ...(web as object) },
    { address: '10.0.0.3', ...(server as object) },
  ])
  .map(([vi, web, server]) =>
    JSON.stringify({
      vrrp: { VI: { ...VI, ...vi } },
      services: { web, api: { ...WEB, port: 81, servers: ['10.0.0.2', server] } },
    }),
  );

test('readYaml answers any text with a configuration, or with mistakes that lie within it', () => {
  const seen = new Set<string>();
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.oneof({ weight: 7, arbitrary: mutated }, { weight: 3, arbitrary: shaped }, fc.string()),
      (text) => {
        const result = readYaml(text, 'f.yaml', { hostname: 'h' });
        if (result.ok) {
          accepted++;
          assert.deepEqual(structuredClone(result.value.config), result.value.config);
        } else assert.ok(result.error.some(({ severity }) => severity === 'error'));
        const diagnostics = result.ok ? result.value.warnings : result.error;
        const lines = splitLines(text);
        let last = 0;
        for (const diagnostic of diagnostics) {
          const { line, column, length, code } = diagnostic;
          const width = lines[line - 1]?.length;
          assert.ok(width !== undefined && column >= 1 && column <= width + 1, `${code} ${line}:${column}`);
          assert.ok(
            length >= 1 && column - 1 + length <= Math.max(width, column),
            `${code} length ${length}`,
          );
          assert.ok(line >= last, 'by place');
          last = line;
          assert.ok(CONFIG_CODES.includes(code));
          printDiagnostic(diagnostic, lines[line - 1] ?? null);
          seen.add(code);
        }
      },
    ),
    { numRuns: RUNS },
  );
  assert.ok(accepted > 30 && seen.size > 15, `${accepted} accepted; met ${[...seen].join(' ')}`);
});
