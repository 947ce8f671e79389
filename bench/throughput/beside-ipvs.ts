// The same loads where IPVS is: programmed by ipvsadm, by lbd, and lbd's XDP plane.
import type { Measurement } from '../report/report.ts';
import { measureWays } from './rounds.ts';
import { tablesOf } from './tables.ts';
import { IPVSADM, LBD_IPVS, LBD_XDP } from './ways.ts';

const WAYS = [IPVSADM, LBD_IPVS, LBD_XDP];

/** What throughput.ts takes from the guest. */
export const measureBesideIpvs: Measurement = async (_args, progress) => {
  const measured = await measureWays(WAYS, { rounds: 3, seconds: 4, warmup: 2 }, (line) =>
    progress(`in the guest: ${line}`),
  );
  return {
    name: 'throughput',
    measures: 'the same as throughput, beside IPVS',
    limits: 'emulation: only ratios travel',
    tables: tablesOf(measured, WAYS, 'in the guest, emulated: '),
  };
};
