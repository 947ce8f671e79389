import type { WallTime } from '../base/units.ts';
import { type ControlReply, refusal } from '../ipc/control.ts';
import type { Connection } from '../model/connections.ts';
import {
  NO_CONNECTIONS,
  showConnectionJson,
  showTally,
  showTallyJson,
  tallyConnections,
} from '../view/connections.ts';
import { showConnection, showConnectionColumns, showConnectionsTitle } from '../view/ipvsadm-connections.ts';
import { showIsoTime } from '../view/time.ts';
import type { Core } from './core.ts';

/** XDP knows connections by their hashes alone. Why they cannot be listed; null where the kernel has a list. */
export async function refuseList(core: Pick<Core, 'checkNow'>): Promise<ControlReply | null> {
  const check = await core.checkNow();
  const table = check.available ? check.value.table : null;
  if (table?.available !== true || table.value.xdp === undefined) return null;
  const text = 'XDP remembers connections by their hashes, and cannot list them: lbctl servers counts them';
  return refusal(503, 'no_connections', text);
}

type Connections = AsyncIterable<readonly Connection[]>;

/** The bytes of `ipvsadm -Lnc`, with `--persistent-conn` where `engines` says so. */
export async function* listConnections(connections: Connections, engines: boolean): AsyncGenerator<string> {
  yield showConnectionsTitle(engines);
  for await (const some of connections) {
    yield some.map((connection) => showConnection(connection, engines)).join('');
  }
}

export interface ConnectionQuestion {
  /** Which of them. */
  readonly wanted: (connection: Connection) => boolean;
  /** So many are shown; all are counted. */
  readonly limit: number;
}

/** The first connections of those that are wanted, and a line that counts them all. */
export async function* printConnections(
  connections: Connections,
  question: ConnectionQuestion,
): AsyncGenerator<string> {
  yield showConnectionColumns(false);
  let tally = NO_CONNECTIONS;
  let shown = 0;
  for await (const { some, rows } of chosen(connections, question)) {
    tally = tallyConnections(tally, some);
    shown += rows.length;
    yield rows.map((connection) => showConnection(connection, false)).join('');
  }
  yield showTally(tally, shown);
}

/** The same as JSON: `{schema_version, taken_at, connections: […], sum: {total, shown, templates, by_state}}`. */
export async function* printConnectionsJson(
  connections: Connections,
  question: ConnectionQuestion,
  takenAt: WallTime,
): AsyncGenerator<string> {
  yield `{"schema_version": 1, "taken_at": "${showIsoTime(takenAt)}", "taken_at_ms": ${takenAt}, "connections": [`;
  let tally = NO_CONNECTIONS;
  let shown = 0;
  for await (const { some, rows } of chosen(connections, question)) {
    tally = tallyConnections(tally, some);
    const before = shown === 0 ? '\n' : ',\n';
    shown += rows.length;
    if (rows.length > 0) yield before + rows.map(showConnectionJson).join(',\n');
  }
  yield `\n], "sum": ${showTallyJson(tally, shown)}}\n`;
}

/** Those that are wanted, and of them those that are still to be shown. */
async function* chosen(connections: Connections, { wanted, limit }: ConnectionQuestion) {
  let left = limit;
  for await (const all of connections) {
    const some = all.filter(wanted);
    const rows = some.slice(0, left);
    left -= rows.length;
    yield { some, rows };
  }
}
