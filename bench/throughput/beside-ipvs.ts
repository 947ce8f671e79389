// The same loads where IPVS is: programmed by ipvsadm, by lbd, and lbd's XDP plane.
import type { Measurement } from '../report/report.ts';
import { readLength } from './length.ts';
import { measureWays } from './rounds.ts';
import { tablesOf } from './tables.ts';
import { IPVS, LBD_XDP } from './ways.ts';

const WAYS = [...IPVS.flatMap(({ peer, own }) => [peer, own]), LBD_XDP];

/** What throughput.ts takes from the guest. */
export const measureBesideIpvs: Measurement = async (args, progress) => {
  const { length } = readLength(args, { rounds: 3, seconds: 4 });
  const measured = await measureWays(WAYS, length, (line) => progress(`in the guest: ${line}`));
  return {
    name: 'throughput',
    measures: 'the same as throughput, beside IPVS',
    limits: 'emulation: only ratios travel',
    tables: tablesOf(measured, WAYS, 'in the guest, emulated: '),
  };
};
