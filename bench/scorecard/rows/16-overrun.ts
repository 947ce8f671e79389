import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { shell } from '../../../test/lab/shell.ts';
import { now } from '../../bed/now.ts';
import { Pair } from '../../bed/pair.ts';
import type { Row } from '../row.ts';
import { pairOf, V2 } from '../setting.ts';

/** Seconds. */
const WATCHED = 12;
const ADDRESSES = 12_000;

/** Adds addresses and removes them: more notices than a netlink socket that nobody reads can keep. */
function storm(): string {
  const addresses = Array.from({ length: ADDRESSES }, (_, i) => `10.200.${i >> 8}.${i & 255}/32 dev lo`);
  return [
    ...addresses.map((address) => `addr add ${address}`),
    ...addresses.map((address) => `addr del ${address}`),
  ].join('\n');
}

export const row16: Row = {
  number: 16,
  title:
    "the master's interface goes down while its VRRP process stands still and 24,000 notices overrun its netlink socket",
  quantities: {
    released: { name: 'from going on until the address is given up', unit: 's', target: 1, watched: WATCHED },
  },
  measure: (kind) =>
    Pair.with(pairOf(kind, V2), async (pair) => {
      const { netns } = pair.d1.host;
      const batch = path.join(pair.lab.directory, 'storm');
      writeFileSync(batch, `${storm()}\n`);
      const { worker } = pair.d1;
      process.kill(worker, 'SIGSTOP');
      await shell(`ip -n ${netns} -batch ${batch}; ip -n ${netns} link set eth0 down`);
      const from = now();
      process.kill(worker, 'SIGCONT');
      while (pair.watches[0].count > 0 && now() - from < WATCHED * 1e6) await sleep(10);
      const at = pair.watches[0].history.findLast(({ count }) => count === 0)?.at ?? now();
      return { released: pair.watches[0].count > 0 ? WATCHED : Math.max(0, at - from) / 1e6 };
    }),
};
