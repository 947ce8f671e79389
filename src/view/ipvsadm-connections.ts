import type { Connection } from '../model/connections.ts';
import { destKey } from '../model/services.ts';

/** The first lines of `ipvsadm -Lnc` (1.31), with `--persistent-conn` where `engines` says so. */
export const showConnectionsTitle = (engines: boolean): string =>
  `IPVS connection entries\n${showConnectionColumns(engines)}`;

/** The title line of its columns. */
export function showConnectionColumns(engines: boolean): string {
  const columns = ['pro expire', 'state'.padEnd(11), 'source'.padEnd(18), 'virtual'.padEnd(18)];
  const last = engines ? ['destination'.padEnd(18), 'pe name'.padEnd(16), 'pe_data'] : ['destination'];
  return `${[...columns, ...last].join(' ')}\n`;
}

/** A line of `ipvsadm -Lnc`. */
export function showConnection(connection: Connection, engines: boolean): string {
  const { protocol, client, virtual, server, state, expires, engine } = connection;
  const columns = [
    protocol.padEnd(3),
    showExpiry(expires).padEnd(6),
    state.padEnd(11),
    destKey(client).padEnd(18),
    destKey(virtual).padEnd(18),
  ];
  const last =
    engines && engine !== null
      ? [destKey(server).padEnd(16), engine.name.padEnd(18), engine.data]
      : [destKey(server)];
  return `${[...columns, ...last].join(' ')}\n`;
}

/** `14:57`; minutes have as many digits as they need. */
const showExpiry = (expires: number): string =>
  [Math.floor(expires / 60), expires % 60].map((part) => String(part).padStart(2, '0')).join(':');
