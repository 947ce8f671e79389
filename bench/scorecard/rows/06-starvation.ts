import { setTimeout as sleep } from 'node:timers/promises';
import { ipFromBytes } from '../../../src/base/ip.ts';
import { Hearing } from '../../bed/frames.ts';
import { Pair } from '../../bed/pair.ts';
import type { Row } from '../row.ts';
import { pairOf, V3_TENTH } from '../setting.ts';

const LOOPS = 4;
const SOURCE_IP = 14 + 12;
const INTERVAL = 100_000;

export const row6: Row = {
  number: 6,
  title: 'no processor time: 4 busy loops, and 50 MB/s written to a file, advert_int 0.1',
  quantities: {
    moves: { name: 'times the address moved', unit: 'times', target: 0 },
    late: { name: 'adverts late, 99.9th percentile', unit: 'ms', target: 20 },
  },
  measure: (kind, { seconds }) =>
    Pair.with(pairOf(kind, V3_TENTH), async (pair) => {
      const client = pair.lab.host('client');
      const hearing = await Hearing.start(client, 'vrrp');
      const file = `${pair.lab.directory}/noise`;
      const load = [
        ...Array.from({ length: LOOPS }, () => 'while :; do :; done'),
        `while :; do dd if=/dev/zero of=${file} bs=5M count=1 2>/dev/null; sleep 0.1; done`,
        // They end by themselves if this process is killed.
      ].map((script) => client.spawn('timeout', [String(seconds + 10), 'sh', '-c', script]));
      const { moves } = await pair.watch(() => sleep(seconds * 1000));
      for (const child of load) child.kill('SIGTERM');
      await hearing.stop();
      const master = pair.lab.host('d1').address;
      const times = hearing.heard
        .filter(({ frame }) => ipFromBytes(frame.subarray(SOURCE_IP, SOURCE_IP + 4)) === master)
        .map(({ at }) => at);
      const late = times
        .slice(1)
        .map((at, i) => Math.max(0, at - (times[i] ?? at) - INTERVAL))
        .sort((a, b) => a - b);
      return { moves, late: (late[Math.floor(late.length * 0.999)] ?? Number.POSITIVE_INFINITY) / 1000 };
    }),
};
