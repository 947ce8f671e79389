// Runs measurements, and says and keeps what they give.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { drawReport } from './chart.ts';
import type { Asked } from './command.ts';
import { loadNow, lookAtMachine, printMachine, revisionNow } from './machine.ts';
import { writePng } from './png.ts';
import { printReport, wrapped } from './print.ts';
import { ProgressLine } from './progress.ts';
import type { Measurement } from './report.ts';
import { pathOf, type Result, writeMeasured } from './result.ts';

/** Measures, and gives what came of it. */
export async function takeResult({ name, args }: Asked, measure: Measurement): Promise<Result> {
  const date = new Date().toISOString();
  const before = loadNow();
  const progress = new ProgressLine(name);
  try {
    const report = await measure(args, progress.say);
    return {
      date,
      took: Math.round(progress.elapsed * 10) / 10,
      args,
      revision: revisionNow(),
      machine: lookAtMachine(),
      load: { before, after: loadNow() },
      report,
    };
  } finally {
    progress.end();
  }
}

/** Prints a result: the machine, then the tables. */
export function sayResult(result: Result): void {
  const { report, load, took } = result;
  const heading = wrapped(`${report.name}: ${report.measures}`, 120);
  const about = `${printMachine(report.machine ?? result.machine)}; load ${load.before} to ${load.after}, ${took} s`;
  process.stdout.write(`${heading}\n${about}\n\n${printReport(report)}\n`);
}

/** Writes a result as JSON, SVG and PNG, and says where to. */
export function keepResult(result: Result): void {
  const { report, load, revision, date, took, args } = result;
  const json = writeMeasured(report.name, date, result);
  const svg = `${pathOf(report.name, date)}.svg`;
  const png = `${pathOf(report.name, date)}.png`;
  writeFileSync(
    svg,
    drawReport(report, [
      printMachine(report.machine ?? result.machine),
      `${[report.name, ...args].join(' ')}: ${date}, ${took} s, load ${load.before} to ${load.after}${revision === null ? '' : `, revision ${revision}`}`,
    ]),
  );
  const withoutPng = writePng(svg, png);
  const files = [json, svg, ...(withoutPng === null ? [png] : [])].map((file) => path.relative('.', file));
  process.stdout.write(`\n${files.join('\n')}\n\n`);
  if (withoutPng !== null) process.stderr.write(`bench: ${withoutPng}\n`);
}
