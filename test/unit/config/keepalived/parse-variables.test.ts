// biome-ignore-all lint/suspicious/noTemplateCurlyInString: keepalived's variables look like it
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Machine, parse } from './parse-text.ts';

/** Seen with `keepalived -t` 2.2.7, but for what is said to differ. */
const READ: readonly (readonly [what: string, text: string, read: string, machine?: Machine])[] = [
  ['a variable before a blank, a comma, a parenthesis and the end', '$A=1\nx $A $A,b $A)', 'x 1 1,b 1);'],
  ['a variable in braces anywhere', '$A=1 2\nx${A}y "${A}."', 'x1 2y "1 2.";'],
  ['definitions behind blanks and between braces', 'x {\n  $A= 1 # c\n  y $A }', 'x {y 1;}'],
  ['an empty definition', '$A=\nx${A}y', 'xy;'],
  ['variables late and within each other', '$A=1$B\n$B=${C}2\n$C=x\n$C=3\ny $A', 'y 132;'],
  ['a brace from a variable', '$A={\nx $A\ny }', 'x {y;}'],
  [
    'a definition of several lines',
    '$M= \\\n  x ${A} \\\n  # c \\\n  y { \\\n    z ! c \\\n  }\n$A=1\n$M\nb',
    'x 1; y {z;} b;',
  ],
  ['the first of several lines where it stands', '$M=a \\\n b\nx $M\ny', 'x a; b; y;'],
  ['an empty line as the end of several', '$M= \\\n x \\\n\ny\n$M', 'y; x;'],
  [
    'definitions within definitions',
    '$R= \\\n r ${N} \\\n s\n$V= \\\n v { \\\n $N=1 \\\n $R \\\n $N=2 \\\n $R \\\n }\n$V',
    'v {r 1; s; r 2; s;}',
  ],
  ['built-in variables', 'a ${_PWD} ${_INSTANCE} $_HASH x${_BANG}', 'a /etc/lbd lb1 # x!;'],
  ['the id in place of the host name', 'a ${_INSTANCE}', 'a two;', { configId: 'two' }],
  ['a built-in that is defined anew', '$_PWD=x\na $_PWD', 'a x;'],
  // Undone by a mistake in 2.2.7 where it has parameters; as its manual says.
  ['random numbers', 'a ${_RANDOM} ${_RANDOM 5} ${_RANDOM 5 6}', 'a 16384 16386 6;', { random: 0.5 }],
  // Since 2.4.0.
  ['the environment', 'a ${_ENV HOME}', 'a /root;', { env: { HOME: '/root' } }],
  ['lines of an id', '@lb1 a\n@^lb1 b\n@lb2 c\n@^lb2 d\n@lb1\n@ e\n@lb1 $X=1\ny ${X}', 'a; d; y 1;'],
  ['lines of a given id', '@one\ta\n@lb1 b', 'a;', { configId: 'one' }],
  ['an id from a variable', '$I=@lb1\n$I a\n$J=@^lb1\n$J b', 'a;'],
  ['a sequence', '~SEQ(A,1,3) x$A ', 'x1; x2; x3;'],
  [
    'a sequence with a step, downwards, with one number, of variables',
    '$N=2\n~SEQ(A,5,-2,1) a${A}\n~SEQ(A,2,1) b${A}\n~SEQ(A,$N) c${A}\n~SEQ(A,-2) d${A}\n~SEQ(A,0) e${A}',
    'a5; a3; a1; b2; b1; c1; c2; d-1; d-2; e1; e0;',
  ],
  [
    'hexadecimal sequences and octal bounds',
    '~SEQx(A,14,17) x${A}\n~SEQx (A, 0x9 ,0x10,0x2f) y${A}\n~SEQ(A,010,011)z${A}',
    'xe; xf; x10; x11; y9; y19; y29; z8; z9;',
  ],
  [
    'sequences within each other and between braces',
    'v { ~SEQ(A,1,2) ~SEQ(B,3,4) ${A}.${B}\n }',
    'v {1.3; 1.4; 2.3; 2.4;}',
  ],
  ['the last number of a sequence after it', '~SEQ(A,1,2) $B=${A}\nx ${A} ${B}', 'x 2 2;'],
  ['lists', '~LST(A,x, y ,) <${A}>\n~LST({A,B},{1,2},{3},4)${A}-${B}', '<x>; <y>; <>; 1-2; 3-; 4-;'],
  [
    'lists with sequences and blocks',
    '$V= \\\n v${A} { \\\n w ${B} \\\n }\n~LST(A,x,y) ~SEQ(B,1,2) $V',
    'vx {w 1;} vx {w 2;} vy {w 1;} vy {w 2;}',
  ],
];

for (const [what, text, expected, machine] of READ) {
  test(`parseKeepalived reads ${what}`, () => {
    const { text: read, said } = parse(text, machine);
    assert.deepEqual([read, said], [expected, []]);
  });
}

test('parseKeepalived places what a variable stands for where it was used', () => {
  const text = '$A=1 2\n$M= \\\n x \\\n y\na b${A}c "$A "\n$M\n~SEQ(N,1,2) z ${N}';
  const { statements } = parse(text);
  const places = statements.map(({ words }) => words.map(({ start, end }) => text.slice(start, end)));
  assert.deepEqual(places, [['a', 'b${A}', '${A}c', '"$A "'], ['$M'], ['$M'], ['z', '${N}'], ['z', '${N}']]);
});

const WRONG: readonly (readonly [what: string, text: string, read: string, said: readonly string[]])[] = [
  [
    'undefined variables once, and leaves them',
    'a $X b${X}c\nd $Y, "${Y}"',
    'a $X "b${X}c"; d $Y, "${Y}";',
    ['1:3+2 warning undefined_variable', '2:3+3 warning undefined_variable'],
  ],
  ['a variable that its neighbour hides', '$A=1\nb $A/24', 'b $A/24;', ['2:3+5 warning undefined_variable']],
  ['several lines in the middle of one', '$M=a \\\n b\n$M c', '$M c;', ['3:1+2 warning undefined_variable']],
  [
    'definitions that are none',
    '$A =1\n$1=2',
    '$A =1; $1=2;',
    ['1:1+4 warning bad_definition', '1:1+2 warning undefined_variable', '2:1+3 warning bad_definition'],
  ],
  ['a definition that the end of the file cuts off', '$A=b \\\n c \\', '', ['1:1+6 warning bad_definition']],
  [
    'sequences that lead nowhere',
    '~SEQ(A,1,0,3) b\n~SEQ(A,1,-1,3) b\n~SEQ(A,x) b\n~SEQ() b\n~SEQ(A,1 b\n~SEQx(A,-1,1) b\nc',
    'c;',
    [1, 2, 3, 4, 5, 6].map((line) => `${line}:1+${[15, 16, 11, 8, 10, 15][line - 1]} error bad_definition`),
  ],
  [
    'lists that are none',
    '~LST(A) b\n~LST(A,x y) b\n~LST(A,{1,2}) b\n~LST(1,2) b\n~LST(A,1',
    '',
    [
      '1:1+9 error bad_definition',
      '2:1+13 error bad_definition',
      '3:1+15 error bad_definition',
      '4:1+11 error bad_definition',
      '5:1+8 error bad_definition',
    ],
  ],
  [
    'variables that contain themselves',
    '$A=x${B}\n$B=${A}\ny ${A}',
    `y "${'x'.repeat(100)}\${A}";`,
    ['3:3+4 error too_deep'],
  ],
];

for (const [what, text, expected, expectedSaid] of WRONG) {
  test(`parseKeepalived reports ${what}`, () => {
    const { text: read, said } = parse(text);
    assert.deepEqual([read, said], [expected, expectedSaid]);
  });
}

test('parseKeepalived suggests a name for one that is not defined, and braces for one that is', () => {
  const { problems } = parse('$PRIORITY=1\na $PRIORTY\nb $PRIORITY.1');
  assert.deepEqual(
    problems.map(({ hint }) => hint),
    ['${PRIORITY}', '${PRIORITY}'],
  );
});

test('parseKeepalived does not repeat a password that looks like a variable', () => {
  assert.deepEqual(parse('auth_pass pa$word').problems, []);
  assert.doesNotMatch(parse('auth_pass $word').problems[0]?.message ?? 'word', /word/);
  assert.doesNotMatch(parse('auth_pass word {').problems[0]?.message ?? 'word', /word/);
});

/** Long, so that the limit is reached soon. */
const LONG = 'x'.repeat(50_000);

for (const [what, text] of [
  ['a sequence of sequences', `~SEQ(A,1,1000000) ~SEQ(B,1,1000000) ${LONG}`],
  ['sequences that contain themselves', '$A=~SEQ(B,1,3) $A\n$A x'],
  ['lines that contain themselves', `$M= \\\n $M \\\n $M \\\n ${LONG}\n$M`],
  [
    'values that double',
    `${Array.from({ length: 40 }, (_, i) => `$A${i}=\${A${i + 1}} \${A${i + 1}}`).join('\n')}\nx \${A0}`,
  ],
] as const) {
  test(`parseKeepalived ends with an error, given ${what}`, () => {
    assert.match(parse(text).said.join('\n'), /error too_(large|deep)/);
  });
}
