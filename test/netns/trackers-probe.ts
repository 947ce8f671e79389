/**
 * Run by trackers.test.ts in namespaces of different kinds: follows one process from before its start to its end, and
 * prints what was said and how long the tracker took to notice.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { millis } from '../../src/base/units.ts';
import { createTrackers } from '../../src/daemon/trackers/trackers.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { openProcessEvents } from '../../src/kernel/process-events.ts';
import { eventually } from '../support/eventually.ts';

export interface Probed {
  readonly said: readonly string[];
  readonly startMillis: number;
  readonly endMillis: number;
}

const name = `lbdprobe${process.pid}`.slice(0, 15);
const directory = mkdtempSync(path.join(tmpdir(), 'lbd-probe-'));
const said: string[] = [];
const say = (_level: string, _event: string, message: string) => void said.push(message);
const trackers = createTrackers({ clock: systemClock, say, openProcessEvents }, () => undefined);
const config = {
  name: 'p',
  command: [name] as [string],
  match: 'any' as const,
  fullCommand: false,
  quorum: 1,
  quorumMax: null,
  forkDelay: millis(0),
  terminateDelay: millis(0),
};
trackers.apply(
  { scripts: [], files: [], processes: [config], bfd: [] },
  { user: null, group: null, security: true },
);
const becomes = (health: string) =>
  eventually(health, 5000, () => trackers.states().processes['p'] === health, 1);
// Longer than the kernel has to answer.
await new Promise((resolve) => setTimeout(resolve, 700));

copyFileSync('/bin/sleep', path.join(directory, name));
const startedAt = performance.now();
const child = spawn(path.join(directory, name), ['60'], { stdio: 'ignore' });
await becomes('good');
const goodAt = performance.now();
child.kill();
await becomes('bad');
const badAt = performance.now();
await trackers.stop();
rmSync(directory, { recursive: true });
const probed: Probed = { said, startMillis: goodAt - startedAt, endMillis: badAt - goodAt };
console.log(JSON.stringify(probed));
