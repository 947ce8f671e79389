// Requests, downloads and datagrams through lbd's XDP plane, beside what a user would take instead.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { haveIpvs } from '../../test/guest/boot/ipvs.ts';
import { root } from '../../test/support/root.ts';
import { measureInGuest } from '../report/guest.ts';
import type { Measurement, Progress } from '../report/report.ts';
import { measureBesideIpvs } from './beside-ipvs.ts';
import { readLength } from './length.ts';
import { measureWays } from './rounds.ts';
import { tablesOf } from './tables.ts';
import { HAPROXY, HOP, IPVS, LBD_XDP, LBD_XDP_MH, LBD_XDP_TUNNELS, NGINX } from './ways.ts';

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
 * this kernel has none. In the guest it is 3 rounds of 4 seconds.
 */
export const measureThroughput: Measurement = async (args, progress) => {
  const { length, hasGuest } = readLength(args, { rounds: 5, seconds: 3 });
  install(progress);
  const ipvs = haveIpvs() ? IPVS.flatMap(({ peer, own }) => [peer, own]) : [];
  const ways = [HOP, LBD_XDP, LBD_XDP_MH, ...LBD_XDP_TUNNELS, HAPROXY, NGINX, ...ipvs];
  const measured = await measureWays(ways, length, progress);
  const own = tablesOf(measured, ways, '');
  const guest =
    haveIpvs() || !hasGuest
      ? []
      : (await measureInGuest('throughput/beside-ipvs.js', measureBesideIpvs.name, args, progress)).tables;
  return {
    name: 'throughput',
    measures:
      'requests, a download and datagrams of one client through the virtual address, and the processor time of client, server, director and kernel for each',
    limits:
      'client and server share two processors, one for each, and a director, which may use both, takes its time from them: a rate is what is left, not what a machine of its own would give; the way through the director (XDP hop) costs two more passes through a veth for each packet of the client',
    tables: [...own, ...guest],
  };
};
