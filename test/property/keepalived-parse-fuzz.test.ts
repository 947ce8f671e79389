// biome-ignore-all lint/suspicious/noTemplateCurlyInString: keepalived's variables look like it
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { err, ok } from '../../src/base/result.ts';
import { parseKeepalived } from '../../src/config/keepalived/parse.ts';
import type { FileSpan, Statement } from '../../src/config/keepalived/statement.ts';

const RUNS = Number(process.env['LBD_FUZZ_RUNS'] ?? 2000);

const SEEDS = [
  `! a comment
global_defs {#text
  router_id "lb \\"1\\"" # comment
  notification_email { a@example.org b@example.org }
  @lb1 enable_script_security
  @^lb1 script_user nobody
}
vrrp_instance VI_1
{
  state BACKUP
  virtual_router_id 51
  authentication { auth_type PASS auth_pass 1111}
  virtual_ipaddress { 10.0.0.1/24 dev eth0
    fe80::1 }
  notify_master '/bin/x "y" \\x41' root // no comment
}
`,
  `$IF=eth0
$NET=10.0.\${N}
$VI= \\
vrrp_instance VI_\${N} { \\
  interface $IF \\
  virtual_ipaddress { \\
    \${NET}.\${_RANDOM 1 9}/24 \\
  } \\
  $N=7 \\
  $INNER \\
}
$INNER= \\
  priority \${N} \\
  track_script { chk_$IF }
~SEQ(N,1,3) $VI
virtual_server 10.0.0.1 80 {
  ~SEQx(A, 0x9, 2, 0xf) ~LST({B,C},{1,2},{3,4}) real_server 10.0.\${A}.\${B} \${C} { weight 1 }
  include part.conf
  includew d/*.conf
  \${_PWD} \${_INSTANCE} \${_ENV HOME} \${_HASH} \${_BANG}
}
`,
];
const BITS = [
  ...[
    '{',
    '}',
    '"',
    "'",
    '\\',
    '\\\n',
    '#',
    '!',
    '//',
    '$',
    '${',
    '$A',
    '${A}',
    '$A=',
    '$A= \\\n',
    '@',
    '@^',
    '~',
  ],
  ...[
    '~SEQ(A,1,3) ',
    '~SEQ(A,3)',
    '~SEQx(',
    '~LST(A,1,2) ',
    '(',
    ')',
    ',',
    '=',
    '-1',
    '0x',
    '\\x',
    '\\c',
    '\\#',
  ],
  ...[
    'include self.conf\n',
    'include ',
    'includea {a,b}\n',
    '\n',
    '\r\n',
    '\r',
    '\t',
    '\u0000',
    '\ufeff',
    '\ud800',
    '🦀',
  ],
];
const WORDS = SEEDS.flatMap((seed) => seed.split(/(?<=\s)/));

const mutated = fc
  .constantFrom(...SEEDS)
  .chain((seed) =>
    fc.tuple(
      fc.constant(seed),
      fc.array(
        fc.record({
          at: fc.nat(seed.length),
          gone: fc.oneof(fc.constant(0), fc.nat(12), fc.nat(200)),
          put: fc.oneof(fc.constantFrom(...BITS), fc.constantFrom(...WORDS), fc.string({ maxLength: 6 })),
        }),
        { minLength: 1, maxLength: 8 },
      ),
      fc.boolean(),
    ),
  )
  .map(([seed, cuts, isOneLine]) => {
    const text = cuts.reduce((now, { at, gone, put }) => now.slice(0, at) + put + now.slice(at + gone), seed);
    return isOneLine ? text.replaceAll('\n', ' ') : text;
  });

function parse(text: string) {
  const files = new Map([
    ['main.conf', text],
    ['self.conf', text],
    ['part.conf', 'real_server 10.0.0.9 80 {\n weight'],
    ['d/more.conf', '}\n$A=\n'],
  ]);
  const places: FileSpan[] = [];
  const context = {
    files: {
      read: (name: string) => {
        const found = files.get(name);
        return found === undefined ? err('there is no such file') : ok(found);
      },
      match: (pattern: string) => (pattern === 'd/*.conf' ? ['d/more.conf'] : []),
    },
    hostname: 'lb1.example.org',
    configId: null,
    env: () => undefined,
    random: () => 0.5,
  };
  return { ...parseKeepalived('main.conf', context, (at) => places.push(at)), places };
}

function* spansOf(statements: readonly Statement[], level = 0): Generator<FileSpan> {
  assert.ok(level <= 100);
  for (const { words, block } of statements) {
    yield* words;
    if (block !== null) yield* spansOf(block, level + 1);
  }
}

test('parseKeepalived places everything within its files, whatever the text', () => {
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: mutated }, fc.string({ unit: 'binary' })), (text) => {
      const { statements, sources, places } = parse(text);
      for (const { file, start, end } of [...spansOf(statements), ...places]) {
        const length = sources.get(file)?.length ?? -1;
        assert.ok(0 <= start && start <= end && end <= length, `${start}–${end} in ${file} of ${length}`);
      }
    }),
    { numRuns: RUNS },
  );
});

type Tree = readonly { readonly words: readonly string[]; readonly block: Tree | null }[];
const word = fc
  .string({ unit: 'grapheme', maxLength: 8 })
  .filter((text) => !/["\\\n]/.test(text) && !text.includes('$'));
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.array(
    fc.record(
      {
        words: fc
          .tuple(fc.constantFrom('router_id', 'x', 'é'), word)
          .map((words): readonly string[] => words),
        block: fc.option(tie('tree'), { depthIdentifier: 'block', maxDepth: 4 }),
      },
      { noNullPrototype: true },
    ),
    { maxLength: 4 },
  ),
}));

/** Every way to write a block, taken in turn. */
const LAYOUTS = [
  (head: string, inner: string) => `${head} {\n${inner}}\n`,
  (head: string, inner: string) => `${head}\r\n\t{ # x {\r\n${inner}} ! }\r\n`,
  (head: string, inner: string) => `${head}{${inner}}`,
];
const write = (statements: Tree, level: number): string =>
  statements
    .map(({ words: [keyword = '', ...values], block }, i) => {
      const head = [keyword, ...values.map((value) => `"${value}"`)].join(' ');
      if (block === null) return `${head}\n`;
      return LAYOUTS[(level + i) % LAYOUTS.length]?.(head, write(block, level + 1));
    })
    .join('');
const read = (statements: readonly Statement[]): Tree =>
  statements.map(({ words, block }) => ({
    words: words.map(({ text }) => text),
    block: block === null ? null : read(block),
  }));

test('parseKeepalived reads the same tree from every layout', () => {
  fc.assert(
    fc.property(tree, (statements) => {
      assert.deepEqual(read(parse(write(statements, 0)).statements), statements);
    }),
    { numRuns: RUNS / 4 },
  );
});
