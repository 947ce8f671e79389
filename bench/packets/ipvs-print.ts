// What bench/main.ts runs where IPVS is.
import { median, printNumber, printTable } from '../bed/numbers.ts';
import { save } from '../bed/save.ts';
import type { Figures, Table } from '../report/report.ts';
import { measureIpvs } from './ipvs.ts';

const cellOf = (cell: Figures | string | null): string =>
  cell === null ? '' : typeof cell === 'string' ? cell : printNumber(median(cell.rounds));

/** Of the medians, which count, and of the best rounds, which others on the machine disturbed least. */
function ratios({ rows, targets = [] }: Table): readonly string[] {
  return targets.map((target) => {
    const roundsOf = (program: string): readonly number[] => {
      const [cell] = rows.find((row) => row.case === target.case && row.program === program)?.cells ?? [];
      return typeof cell === 'object' && cell !== null ? cell.rounds : [Number.NaN];
    };
    const [own, peer] = [roundsOf(target.program), roundsOf(target.of ?? '')];
    const ratio = median(own) / median(peer);
    const best = Math.max(...own) / Math.max(...peer);
    const verdict = ratio >= target.limit ? 'yes' : 'missed';
    return `${target.case}: ${ratio.toFixed(1)} × ${target.of} (best rounds ${best.toFixed(1)}), at least ${target.limit}: ${verdict}\n`;
  });
}

const report = await measureIpvs([], (line) => process.stderr.write(`${line}\n`));
for (const table of report.tables) {
  const head = ['', 'forwarded by', ...table.columns.map(({ name, unit }) => `${name} ${unit}`.trim())];
  const rows = table.rows.map((row) => [row.case, row.program, ...row.cells.map(cellOf)]);
  process.stdout.write(`${printTable([head, ...rows])}\n${ratios(table).join('')}`);
}
process.stdout.write(`${save('ipvs', report)}\n`);
