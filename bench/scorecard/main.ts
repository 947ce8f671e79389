// npm run scorecard [ROW…] [--runs N] [--seconds N]: what lbd and keepalived stand, in the same run; all rows, or some.
import { parseArgs } from 'node:util';
import { printTable } from '../bed/numbers.ts';
import { KINDS, type Kind } from '../bed/program.ts';
import { writeMeasured } from '../report/result.ts';
import { HEADING, type Measured, printRow } from './figures.ts';
import type { Row, Settings } from './row.ts';
import { ROWS } from './rows.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '1' }, seconds: { type: 'string', default: '30' } },
});
const unknown = positionals.filter((text) => !ROWS.some(({ number }) => String(number) === text));
if (unknown.length > 0) {
  process.stderr.write(
    `there is no row ${unknown.join(', ')}: ${ROWS.map(({ number }) => number).join(', ')}\n`,
  );
  process.exit(2);
}

async function measure(row: Row, runs: number, settings: Settings): Promise<Measured> {
  const seen: Record<Kind, Readonly<Record<string, number>>[]> = { lbd: [], keepalived: [] };
  try {
    for (let run = 0; run < runs; run++) {
      for (const kind of KINDS) seen[kind].push(await row.measure(kind, settings));
    }
    return { row: row.number, runs: seen };
  } catch (error) {
    return { row: row.number, failed: error instanceof Error ? error.message : String(error) };
  }
}

const wanted = ROWS.filter(({ number }) => positionals.length === 0 || positionals.includes(String(number)));
const began = new Date().toISOString();
const table: (readonly string[])[] = [HEADING];
const all: Measured[] = [];
for (const row of wanted) {
  process.stderr.write(`row ${row.number}: ${row.title}\n`);
  const measured = await measure(row, Number(values.runs), { seconds: Number(values.seconds) });
  all.push(measured);
  table.push(...printRow(row, measured));
}
process.stdout.write(printTable(table));
process.stdout.write(`${writeMeasured('scorecard', began, { date: began, measured: all })}\n`);
if (all.some((measured) => 'failed' in measured)) process.exitCode = 1;
