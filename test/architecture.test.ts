import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Rooms of src/ and the rooms each may import. The map in src/README.md says what each is for. */
const IMPORTS: Record<string, readonly string[]> = {
  base: [],
  model: ['base'],
  wire: ['base', 'model'],
  config: ['base', 'model'],
  vrrp: ['base', 'model', 'wire'],
  health: ['base', 'model'],
  plan: ['base', 'model'],
  view: ['base', 'model'],
  kernel: ['base', 'model', 'wire'],
  probes: ['base', 'model', 'wire'],
  ipc: ['base', 'model', 'wire'],
  daemon: ['base', 'model', 'wire', 'config', 'vrrp', 'health', 'plan', 'view', 'kernel', 'probes', 'ipc'],
  cli: ['base', 'model', 'plan', 'view', 'config', 'ipc'],
};

/** Rooms whose functions take values and return values. */
const PURE = ['base', 'model', 'wire', 'config', 'vrrp', 'health', 'plan', 'view'];
const PURE_PACKAGES = ['@noble/hashes', 'ipaddr.js', 'yaml', 'zod'];

/** Packages that stay behind the kernel room, so that each can be replaced in one file. */
const KERNEL_PACKAGES = ['raw-socket', 'netlink', 'cap', 'pino'];

const IMPURE: readonly [RegExp, string][] = [
  [/\bDate\b/, 'Date'],
  [/\bprocess\./, 'process'],
  [/\bconsole\./, 'console'],
  [/\bset(Timeout|Interval|Immediate)\b/, 'timers'],
  [/\bMath\.random\b/, 'randomness'],
  [/\b(async|await)\b/, 'async'],
  [/^(let|var) /m, 'module state'],
  [/\bBuffer\b/, 'Buffer (use Uint8Array)'],
];

const here = path.dirname(fileURLToPath(import.meta.url));
const root = here.includes(`${path.sep}dist${path.sep}`)
  ? path.resolve(here, '../..')
  : path.resolve(here, '..');
const source = path.join(root, 'src');

interface Line {
  readonly file: string;
  readonly number: number;
  readonly text: string;
}

function files(room: string): string[] {
  return readdirSync(path.join(source, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => path.join(room, name));
}

function codeLines(file: string): Line[] {
  const text = readFileSync(path.join(source, file), 'utf8');
  const blanked = text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '));
  return blanked
    .split('\n')
    .map((line, i) => ({ file, number: i + 1, text: line.replace(/(^|\s)\/\/.*$/, '') }));
}

const said = (line: Line, why: string) => `src/${line.file}:${line.number}: ${why}: ${line.text.trim()}`;

function imported(line: Line): string | null {
  return /(?:^|[\s}])(?:from|import)\s*\(?\s*'([^']+)'/.exec(line.text)?.[1] ?? null;
}

const isOrHolds = (target: string) => (name: string) => target === name || target.startsWith(`${name}/`);

test('every room is in the import table', () => {
  const rooms = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(rooms.map((entry) => entry.name).sort(), Object.keys(IMPORTS).sort());
});

test('rooms import only what the table allows', () => {
  const wrong: string[] = [];
  for (const [room, allowed] of Object.entries(IMPORTS)) {
    for (const line of files(room).flatMap(codeLines)) {
      const target = imported(line);
      if (target === null) continue;
      if (target.startsWith('.')) {
        const to = path
          .relative(source, path.resolve(source, path.dirname(line.file), target))
          .split(path.sep)[0];
        if (to !== room && !allowed.includes(to ?? ''))
          wrong.push(said(line, `${room} may not import ${to}`));
        if (!target.endsWith('.ts')) wrong.push(said(line, 'imports name the .ts file'));
      } else if (room !== 'kernel' && KERNEL_PACKAGES.includes(target.split('/')[0] ?? '')) {
        wrong.push(said(line, `${target} is imported by kernel only`));
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('pure rooms do not touch the world', () => {
  const wrong: string[] = [];
  for (const room of PURE) {
    for (const line of files(room).flatMap(codeLines)) {
      const target = imported(line);
      if (target !== null && !target.startsWith('.') && !PURE_PACKAGES.some(isOrHolds(target))) {
        wrong.push(said(line, `${room} is pure and may not import ${target}`));
      }
      const code = line.text.replace(/'[^']*'|`[^`$]*`/g, "''");
      for (const [pattern, name] of IMPURE)
        if (pattern.test(code)) wrong.push(said(line, `${room} is pure, no ${name}`));
    }
  }
  assert.deepEqual(wrong, []);
});

test('source files stay within 400 lines', () => {
  const long = Object.keys(IMPORTS)
    .flatMap(files)
    .map((file) => [file, readFileSync(path.join(source, file), 'utf8').split('\n').length] as const)
    .filter(([, lines]) => lines > 400);
  assert.deepEqual(long, []);
});
