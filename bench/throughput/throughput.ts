// Requests, downloads and datagrams through lbd's XDP plane, beside what a user would take instead.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { haveIpvs } from '../../test/guest/boot/ipvs.ts';
import { root } from '../../test/support/root.ts';
import { measureInGuest } from '../report/guest.ts';
import { wholeNumberOf } from '../report/options.ts';
import type { Measurement, Progress } from '../report/report.ts';
import { measureBesideIpvs } from './beside-ipvs.ts';
import { measureWays } from './rounds.ts';
import { tablesOf } from './tables.ts';
import { HAPROXY, HOP, IPVSADM, LBD_IPVS, LBD_XDP, LBD_XDP_MH, NGINX } from './ways.ts';

const WARMUP = 2;

/** Installs what is missing of the peers; what cannot be had is told in its rows. */
function install(progress: Progress): void {
  if ([HAPROXY, NGINX].every((peer) => peer.missing() === null)) return;
  try {
    execFileSync('bash', [path.join(root, 'native/setup.sh'), '--peers'], { stdio: ['ignore', 2, 2] });
  } catch (error) {
    progress(`the peers were not installed: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * `--rounds`: 5 unless given. `--seconds`: of each load by each way in a round, 3 unless given. `--no-guest`: without IPVS where
 * this kernel has none.
 */
export const measureThroughput: Measurement = async (args, progress) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      'no-guest': { type: 'boolean', default: false },
    },
  });
  install(progress);
  const ways = [HOP, LBD_XDP, LBD_XDP_MH, HAPROXY, NGINX, ...(haveIpvs() ? [IPVSADM, LBD_IPVS] : [])];
  const length = {
    rounds: wholeNumberOf('rounds', values.rounds),
    seconds: wholeNumberOf('seconds', values.seconds, 2),
    warmup: WARMUP,
  };
  const measured = await measureWays(ways, length, progress);
  const own = tablesOf(measured, ways, '');
  const guest =
    haveIpvs() || values['no-guest']
      ? []
      : (await measureInGuest('throughput/beside-ipvs.js', measureBesideIpvs.name, [], progress)).tables;
  return {
    name: 'throughput',
    measures:
      'requests, a download and datagrams of one client through the virtual address, and the processor time of client, server, director and kernel for each',
    limits:
      'client and server share two processors, one for each, and a director, which may use both, takes its time from them: a rate is what is left, not what a machine of its own would give; the way through the director (XDP hop) costs two more passes through a veth for each packet of the client',
    tables: [...own, ...guest],
  };
};
