// VrrpBfd alone, for a host of the lab: BfdConfig lists as JSON lines on stdin, one line per change on stdout. The end of
// its stdin stops it.
import { createInterface } from 'node:readline';
import { elapsed } from '../../src/base/units.ts';
import { VrrpBfd } from '../../src/daemon/vrrp-bfd.ts';
import { openBfdSocket } from '../../src/kernel/bfd-socket.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { BfdConfig } from '../../src/model/tracking.ts';

let timer: NodeJS.Timeout | null = null;

const bfd = new VrrpBfd(
  { clock: systemClock, openBfdSocket },
  Math.random,
  (name) => tell(name),
  () => arm(),
);

function tell(name: string): void {
  const session = bfd.show().find((one) => one.name === name);
  console.log(JSON.stringify({ at: systemClock.now(), health: bfd.health(name), ...session }));
}

function arm(): void {
  if (timer !== null) clearTimeout(timer);
  const { deadline } = bfd;
  timer =
    deadline === null ? null : setTimeout(judge, Math.ceil(elapsed(systemClock.now(), deadline) / 1000));
}

function judge(): void {
  bfd.drain();
  bfd.tick(systemClock.now());
  arm();
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (line === 'show') for (const { name } of bfd.show()) tell(name);
  else bfd.apply(JSON.parse(line) as BfdConfig[]);
  arm();
});
lines.on('close', () => {
  bfd.stop();
  process.exit(0);
});
