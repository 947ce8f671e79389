import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printYaml } from '../../src/config/print-yaml.ts';
import { readIpvsadm } from '../../src/config/read-ipvsadm.ts';
import { readYaml } from '../../src/config/read-yaml.ts';
import type { LeftOut } from '../../src/config/reading.ts';
import { configs } from './configs.ts';

const note: fc.Arbitrary<LeftOut> = fc.record({
  file: fc.constant('keepalived.conf'),
  line: fc.nat(),
  text: fc.string(),
  of: fc.constantFrom([], ['vrrp', 'VI_1'], ['services', 'web'], ['services', '12']),
  why: fc.constant('yet' as const),
  reason: fc.string(),
});

test('printYaml gives what readYaml reads as the same configuration', () => {
  fc.assert(
    fc.property(configs, fc.array(note, { maxLength: 3 }), (config, notes) => {
      const text = printYaml(config, notes);
      const result = readYaml(text, 'f.yaml', { hostname: 'h' });
      assert.ok(result.ok, `${text}\n${JSON.stringify(result)}`);
      assert.deepEqual(result.value.config, config);
    }),
    { numRuns: 300 },
  );
});

const SAVED = [
  '-A -t 10.0.0.1:80 -s wrr -p 300',
  '-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m -w 1',
  '-A -f 7 -6',
  '-a -f 7 -6',
];
const WORDS = [
  ...SAVED.flatMap((line) => line.split(' ')),
  ...[
    '-E',
    '-C',
    '#',
    'ipvsadm',
    'pe',
    'ops',
    '--pe',
    'sip',
    '-M',
    '255.255.0.0',
    '-b',
    'sh-port,',
    '-i',
    '-x',
    '-y',
  ],
  ...[
    '--tun-type',
    'gue',
    '--tun-port',
    '--weight=5',
    '-w-1',
    '--',
    '-',
    '__proto__',
    '[::1]:80',
    '::',
    ':',
    '\r',
    '\u{1f980}',
  ],
];
const line = fc.oneof(
  fc.constantFrom(...SAVED),
  fc
    .array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 6 })), { maxLength: 8 })
    .map((words) => words.join(' ')),
);

test('readIpvsadm answers any text with a configuration, or with mistakes that lie within it', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const text = lines.join('\n');
      const { config, diagnostics } = readIpvsadm(text, 'saved', { hostname: 'h' });
      assert.equal(
        config === null,
        diagnostics.some(({ severity }) => severity === 'error'),
      );
      if (config !== null) assert.deepEqual(structuredClone(config), config);
      const shown = text.split('\n');
      for (const { line, column, length } of diagnostics) {
        const width = shown[line - 1]?.length ?? -1;
        assert.ok(column >= 1 && column <= width + 1 && length >= 1, `${line}:${column}`);
      }
    }),
    { numRuns: 1000 },
  );
});
