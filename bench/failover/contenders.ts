import { readFileSync } from 'node:fs';
import type { Kind } from '../bed/program.ts';

/** A program as it is run, and the lines of keepalived.conf that only it is given. */
export interface Contender {
  readonly name: string;
  readonly kind: Kind;
  readonly globals: string;
  /** Whether it can be told to read its file again here. */
  isReloaded(): boolean;
}

/** The limit of processor time between two system calls is 10 ms unless given, and is not to decide anything here. */
const REAL_TIME = `global_defs {
  vrrp_priority -20
  vrrp_rt_priority 50
  vrrp_no_swap
  vrrp_rlimit_rttime 1000000
}
`;

const always = () => true;

/**
 * keepalived 2.2.7 sets its limit of real-time again at a reload, which takes CAP_SYS_RESOURCE (capabilities(7): 24). Without it,
 * it says "child process cannot set realtime rlimit", and seconds later the kernel kills its VRRP process.
 */
function maySetLimits(): boolean {
  const [, held = '0'] = /^CapEff:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return ((BigInt(`0x${held}`) >> 24n) & 1n) === 1n;
}

/** lbd's VRRP process has real-time priority by itself. */
export const CONTENDERS: readonly Contender[] = [
  { name: 'lbd', kind: 'lbd', globals: '', isReloaded: always },
  { name: 'keepalived', kind: 'keepalived', globals: '', isReloaded: always },
  { name: 'keepalived real-time', kind: 'keepalived', globals: REAL_TIME, isReloaded: maySetLimits },
];
