// plan FILE: reads it, and plans its table from nothing and for one server with another weight; prints the milliseconds.
import { readConfig } from '../../src/config/read.ts';
import { machineContext, machineFiles } from '../../src/ipc/config-files.ts';
import type { DesiredService, ObservedService, TrafficStats } from '../../src/model/services.ts';
import { wholeService } from '../../src/plan/desired.ts';
import { planIpvs } from '../../src/plan/ipvs.ts';

/** Milliseconds of each step. */
export interface Steps {
  readonly read: number;
  readonly fill: number;
  readonly change: number;
}

const STATS: TrafficStats = {
  ...{ conns: 0n, inPackets: 0n, outPackets: 0n, inBytes: 0n, outBytes: 0n },
  ...{ cps: 0n, inPps: 0n, outPps: 0n, inBps: 0n, outBps: 0n },
};

const inKernel = ({ key, attrs, dests }: DesiredService): ObservedService => ({
  ...{ key, attrs, stats: STATS },
  dests: dests.map((dest) => ({
    ...{ key: { ...dest.key }, attrs: { ...dest.attrs }, stats: STATS },
    ...{ activeConns: 0, inactiveConns: 0, persistentConns: 0 },
  })),
});

function timed<T>(step: () => T): readonly [T, number] {
  const from = performance.now();
  return [step(), performance.now() - from];
}

const file = process.argv[2] ?? '';
const [{ config }, read] = timed(() => readConfig(file, machineContext(machineFiles, null), null));
if (config === null) throw new Error(`${file} has mistakes`);
const [desired, wished] = timed(() => config.services.map(wholeService));
const [ops, fill] = timed(() => planIpvs([], desired));
const observed = desired.map(inKernel);
const [first, ...others] = observed;
const [dest, ...dests] = first?.dests ?? [];
if (first === undefined || dest === undefined) throw new Error(`${file} has no servers`);
const other = { ...dest, attrs: { ...dest.attrs, weight: 1 } };
const [changes, change] = timed(() => planIpvs([{ ...first, dests: [other, ...dests] }, ...others], desired));
if (ops.length <= desired.length || changes.length !== 1) throw new Error('the plan is not as expected');
const steps: Steps = { read, fill: wished + fill, change };
process.stdout.write(JSON.stringify(steps));
