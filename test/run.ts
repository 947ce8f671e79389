// npm test: every stage, in order of their price. npm run ok: `--ok`, the stages that need no root.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { haveIpvs } from './guest/boot/ipvs.ts';
import { leftovers } from './lab/leftovers.ts';
import { failed, guestObstacle, runProgram, runTests, skipped, testFiles } from './stages/node-test.ts';
import type { Outcome } from './stages/outcome.ts';
import { root } from './support/root.ts';

/** For all stages together. Milliseconds. */
const LIMIT = 84 * 60_000;
const startedAt = Date.now();
const remaining = () => Math.max(1, LIMIT - (Date.now() - startedAt));
const compiled = path.dirname(fileURLToPath(import.meta.url));

interface Stage {
  readonly name: string;
  run(): Promise<Outcome>;
}

const tests = (name: string, atOnce: number, ...rooms: readonly string[]): Stage => ({
  name,
  async run() {
    const files = testFiles(...rooms);
    return files.length === 0
      ? failed(`no test files in ${rooms.join(', ')}`)
      : runTests(files, remaining(), { atOnce });
  },
});

const program = (name: string, argv: readonly string[]): Stage => ({
  name,
  async run() {
    const code = await runProgram(argv, remaining());
    return code === 0
      ? { passed: 1, failed: 0, skipped: 0, notes: [] }
      : failed(code === 124 ? 'no time left' : `exit ${code}`);
  },
});

const asRoot = (stage: Stage): Stage => ({
  name: stage.name,
  async run() {
    const uid = process.getuid?.();
    return uid === 0 ? stage.run() : skipped(`needs root, and the user id is ${uid}`);
  },
});

const ok = tests('ok', 2, 'architecture.test.ts', 'unit', 'golden', 'scenario', 'simulation', 'property');

const guest: Stage = {
  name: 'guest',
  async run() {
    const files = testFiles('guest');
    if (files.length === 0) return failed('no test files in guest');
    if (haveIpvs()) return runTests(files, remaining(), { atOnce: 1 });
    const obstacle = guestObstacle();
    if (obstacle !== null) return skipped(`no /proc/net/ip_vs, modprobe ip_vs fails, and ${obstacle}`);
    return runTests(files, remaining(), { atOnce: 1, inGuest: true });
  },
};

const story = path.join(compiled, 'story/main.js');
const start: Stage = existsSync(story)
  ? program('npm start', [process.execPath, story])
  : { name: 'npm start', run: async () => failed(`${path.relative(root, story)} does not exist`) };

const leaks: Stage = {
  name: 'leaks',
  async run() {
    const left = await leftovers();
    return left.length === 0
      ? { passed: 1, failed: 0, skipped: 0, notes: [] }
      : failed(`namespaces were left behind: ${left.join(', ')}`);
  },
};

const all = [
  program('biome', [path.join(root, 'node_modules/.bin/biome'), 'check', '.']),
  ok,
  // These mostly wait for timers of seconds.
  ...[tests('namespaces', 3, 'netns', 'interop', 'xdp'), guest, start, leaks].map(asRoot),
];

// The simulation alone would take longer than all the rest.
if (process.argv.includes('--ok')) process.env['LBD_SIM_EVENTS'] ??= '200000';

const rows: { readonly name: string; readonly seconds: string; readonly outcome: Outcome }[] = [];
for (const stage of process.argv.includes('--ok') ? [ok] : all) {
  console.log(`\n=== ${stage.name}`);
  const from = Date.now();
  const outcome = await stage
    .run()
    .catch((error: unknown) => failed(error instanceof Error ? error.message : String(error)));
  const seconds = ((Date.now() - from) / 1000).toFixed(1);
  rows.push({ name: stage.name, seconds, outcome });
  console.log(`=== ${stage.name}: ${seconds} s`);
}

const print = (cells: readonly (string | number)[]) =>
  console.log(
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(12) : String(cell).padStart(9))).join(''),
  );
console.log('');
print(['stage', 'seconds', 'passed', 'failed', 'skipped']);
for (const { name, seconds, outcome } of rows) {
  print([name, seconds, outcome.passed, outcome.failed, outcome.skipped]);
  for (const note of outcome.notes) console.log(`  ${note}`);
}
const sum = (key: 'passed' | 'failed' | 'skipped') =>
  rows.reduce((total, { outcome }) => total + outcome[key], 0);
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exit(sum('failed') === 0 ? 0 : 1);
