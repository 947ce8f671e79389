import type { Kind } from '../bed/program.ts';

/** A program as it is run, and the lines of keepalived.conf that only it is given. */
export interface Contender {
  readonly name: string;
  readonly kind: Kind;
  readonly globals: string;
}

/** The limit of processor time between two system calls is 10 ms unless given, and is not to decide anything here. */
const REAL_TIME = `global_defs {
  vrrp_priority -20
  vrrp_rt_priority 50
  vrrp_no_swap
  vrrp_rlimit_rttime 1000000
}
`;

/** lbd's VRRP process has real-time priority by itself. */
export const CONTENDERS: readonly Contender[] = [
  { name: 'lbd', kind: 'lbd', globals: '' },
  { name: 'keepalived', kind: 'keepalived', globals: '' },
  { name: 'keepalived real-time', kind: 'keepalived', globals: REAL_TIME },
];
