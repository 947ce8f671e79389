import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from '../../test/support/root.ts';
import type { Column, Figures, Measurement, Row, Table } from '../report/report.ts';
import { keepalivedConf, lbdYaml } from './files.ts';
import type { Steps } from './plan.ts';
import { compileSpent, type Spent } from './spent.ts';

const COUNTS = [10, 1000, 10_000, 100_000];

const CHECK_COLUMNS: readonly Column[] = [
  { name: 'time', unit: 'ms', better: 'less' },
  { name: 'processor', unit: 'ms', better: 'less' },
  { name: 'memory', unit: 'MB', better: 'less' },
];
const PLAN_COLUMNS: readonly Column[] = [
  { name: 'read', unit: 'ms', better: 'less' },
  { name: 'plan of all', unit: 'ms', better: 'less' },
  { name: 'plan of one change', unit: 'ms', better: 'less' },
];

const figures = (rounds: readonly number[]): Figures => ({ rounds });

interface Site {
  readonly case: string;
  readonly conf: string;
  readonly yaml: string;
}

/** Writes the files of a site. */
function write(directory: string, count: number): Site {
  const conf = path.join(directory, `${count}.conf`);
  const yaml = path.join(directory, `${count}.yaml`);
  const text = keepalivedConf({ count });
  writeFileSync(conf, text);
  writeFileSync(yaml, lbdYaml({ count }));
  const name = `${count.toLocaleString('en')} servers, ${(text.split('\n').length - 1).toLocaleString('en')} lines of keepalived.conf`;
  return { case: name, conf, yaml };
}

/** LBD_DIST: the compiled lbd to measure, to compare two of them. */
const LBCTL = path.join(process.env['LBD_DIST'] ?? path.join(root, 'dist'), 'src/cli/main.js');
const PLAN = fileURLToPath(new URL('./plan.js', import.meta.url));

const programs = ({ conf, yaml }: Site): Readonly<Record<string, readonly string[]>> => ({
  'lbctl check, keepalived.conf': [process.execPath, LBCTL, 'check', conf],
  'lbctl check, lbd.yaml': [process.execPath, LBCTL, 'check', yaml],
  'keepalived -t': ['keepalived', '-t', '-f', conf],
  'node -e 0': [process.execPath, '-e', '0'],
  'cat keepalived.conf': ['cat', conf],
});

/** One round of every program after the other, again and again: what else the machine does meets all of them. */
function check(site: Site, rounds: number, spent: (argv: readonly string[]) => Spent): readonly Row[] {
  const all = Object.entries(programs(site)).map(([program, argv]) => ({
    program,
    argv,
    found: [] as Spent[],
  }));
  for (let round = 0; round < rounds; round++) for (const each of all) each.found.push(spent(each.argv));
  return all.map(({ program, found }) => ({
    case: site.case,
    program,
    cells: [
      figures(found.map(({ time }) => time)),
      figures(found.map(({ processor }) => processor)),
      figures(found.map(({ memory }) => memory)),
    ],
  }));
}

function plan(site: Site, rounds: number): readonly Row[] {
  const all = [
    { program: 'lbd, keepalived.conf', file: site.conf, found: [] as Steps[] },
    { program: 'lbd, lbd.yaml', file: site.yaml, found: [] as Steps[] },
  ];
  for (let round = 0; round < rounds; round++)
    for (const { file, found } of all)
      found.push(JSON.parse(execFileSync(process.execPath, [PLAN, file], { encoding: 'utf8' })));
  return all.map(({ program, found }) => ({
    case: site.case,
    program,
    cells: [
      figures(found.map(({ read }) => read)),
      figures(found.map(({ fill }) => fill)),
      figures(found.map(({ change }) => change)),
    ],
  }));
}

/** What it takes to read a configuration, and to plan its table. `--rounds N`, 5 unless given. */
export const measureConfig: Measurement = async (args, progress) => {
  const { values } = parseArgs({ args: [...args], options: { rounds: { type: 'string', default: '5' } } });
  const rounds = Number(values.rounds);
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-config-'));
  try {
    const spent = compileSpent(directory);
    const checked: Row[] = [];
    const planned: Row[] = [];
    for (const count of COUNTS) {
      const site = write(directory, count);
      progress(site.case);
      checked.push(...check(site, rounds, spent));
      planned.push(...plan(site, rounds));
    }
    const tables: readonly Table[] = [
      { title: 'from the start of the program to its end', columns: CHECK_COLUMNS, rows: checked },
      {
        title: 'reading and planning within a process that has just started',
        columns: PLAN_COLUMNS,
        rows: planned,
      },
    ];
    return {
      name: 'config',
      measures: 'the time and memory that reading and checking a configuration takes, and planning its table',
      limits: 'for small files the start of Node, for large ones the memory of what is read',
      tables,
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
};
