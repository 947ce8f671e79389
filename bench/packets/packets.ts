import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { printTable } from '../bed/numbers.ts';
import { save } from '../bed/save.ts';
import type { Cost } from './cost.ts';
import type { Rate } from './live.ts';

interface Figures {
  readonly costs: readonly Cost[];
  readonly rates: readonly Rate[];
  readonly fills: readonly { services: number; servers: number; plan: number; write: number }[];
}

/** What the XDP program costs for a packet, and how many a second it forwards on one processor. */
export async function measurePackets(): Promise<void> {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  const before = os.loadavg()[0] ?? 0;
  const figures: Figures = JSON.parse(
    execFileSync('unshare', ['--net', process.execPath, main], {
      encoding: 'utf8',
      maxBuffer: 1 << 24,
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  const load = [before, os.loadavg()[0] ?? 0].map((each) => each.toFixed(1)).join(' to ');
  const { costs, rates, fills } = figures;
  process.stdout.write(
    `${os.cpus().length} × ${os.cpus()[0]?.model}, Linux ${os.release()}, load ${load}\n\n`,
  );
  process.stdout.write(
    printTable([
      ['one packet', 'ns', 'net', 'worst round', 'at most', ''],
      ...costs.map(({ name, total, net, worst, target }) => [
        ...[name, total.toFixed(1), net.toFixed(1), `+${(worst - total).toFixed(1)}`],
        ...judged(target, target !== null && net <= target),
      ]),
    ]),
  );
  process.stdout.write('\n');
  process.stdout.write(
    printTable([
      [
        'frames on one processor',
        'Mpps',
        'median',
        'ns more than a swap',
        'lost',
        'good: lost',
        'moved',
        'at least',
        '',
      ],
      ...rates.map(({ name, best, median, lost, good, target }) => [
        ...[name, best.toFixed(2), median.toFixed(2), moreThanSwap(best, rates), String(lost)],
        ...(good === null ? ['', ''] : [`${good.lost} of ${good.sent}`, String(good.moved)]),
        ...judged(target, target !== null && best >= target),
      ]),
    ]),
  );
  process.stdout.write('\n');
  for (const { services, servers, plan, write } of fills)
    process.stdout.write(
      `${servers} servers of ${services} services into empty maps: ${plan.toFixed(0)} ms to plan, ${write.toFixed(0)} ms to write\n`,
    );
  process.stdout.write(`${save('packets', { load, ...figures })}\n`);
}

const judged = (target: number | null, isReached: boolean): readonly string[] =>
  target === null ? ['', ''] : [target.toFixed(1), isReached ? 'yes' : 'missed'];

/** Rates as times: what a program adds to the way there and back. */
function moreThanSwap(best: number, rates: readonly Rate[]): string {
  const swap = rates.find(({ name }) => name === 'MAC swap')?.best;
  return swap === undefined ? '' : (1000 / best - 1000 / swap).toFixed(0);
}
