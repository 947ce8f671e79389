import type { Ip } from '../../base/ip.ts';
import type { TunnelEnd } from '../realserver-needs.ts';
import { tunnelWords } from '../realserver-unit.ts';

/** More names in one sentence are read by nobody. */
const MOST_NAMED = 4;

/** Some of the names, and how many more there are. */
export const someOf = (names: readonly string[]): string =>
  names.length <= MOST_NAMED
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;

/** The command that makes a machine a real server of an address. */
export const realServerUp = (address: Ip, tunnel: TunnelEnd): string =>
  ['lbctl realserver up', address, ...tunnelWords(tunnel)].join(' ');
