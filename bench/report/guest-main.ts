// What guest.ts starts in the guest: a module, the name of its measurement, and the words for it. The report and
// what is said on the way there go into the directory that both sides see.
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GUEST_FILES } from './guest.ts';
import { lookAtMachine } from './machine.ts';
import type { Measurement, Report } from './report.ts';

const [file = '', name = '', ...args] = process.argv.slice(2);
const share = process.env['GUEST_SHARE'];
if (share === undefined) throw new Error('this runs in the guest');
const module: Readonly<Record<string, Measurement>> = await import(file);
const measure = module[name];
if (measure === undefined) throw new Error(`${file} has no ${name}`);
const report = await measure(args, (line) =>
  appendFileSync(path.join(share, GUEST_FILES.progress), `${line}\n`),
);
const machine = lookAtMachine();
const placed: Report = {
  ...report,
  machine: { ...machine, processor: `${machine.processor}, emulated by QEMU: only ratios travel` },
};
writeFileSync(path.join(share, GUEST_FILES.report), JSON.stringify(placed));
