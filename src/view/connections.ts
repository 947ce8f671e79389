import type { Connection } from '../model/connections.ts';
import { destKey } from '../model/services.ts';
import { printJson } from './json.ts';

/** How many connections there are, told apart by what they are. */
export interface ConnectionTally {
  readonly total: number;
  /** Of these only say which server a client stays with. */
  readonly templates: number;
  readonly byState: ReadonlyMap<string, number>;
}

export const NO_CONNECTIONS: ConnectionTally = { total: 0, templates: 0, byState: new Map() };

/** Whether it is no connection but says which server a client stays with (persistence). */
export const isTemplate = ({ client }: Connection): boolean => client.port === 0;

export function tallyConnections(before: ConnectionTally, more: readonly Connection[]): ConnectionTally {
  const byState = new Map(before.byState);
  let { templates } = before;
  for (const connection of more) {
    if (isTemplate(connection)) templates++;
    else byState.set(connection.state, (byState.get(connection.state) ?? 0) + 1);
  }
  return { total: before.total + more.length, templates, byState };
}

/** `3 connections: 2 ESTABLISHED, 1 FIN_WAIT; 1 persistence template`, and how many were not shown. */
export function showTally({ total, templates, byState }: ConnectionTally, shown: number): string {
  const connections = total - templates;
  const states = sortedStates(byState).map(([state, count]) => `${count} ${state}`);
  const sum = `${count(connections, 'connection')}${states.length === 0 ? '' : `: ${states.join(', ')}`}`;
  const kept = templates === 0 ? '' : `; ${count(templates, 'persistence template')}`;
  const more = total > shown ? `; the first ${shown} are shown (--limit)` : '';
  return `${sum}${kept}${more}\n`;
}

/** One of a list in JSON, without its comma. */
export const showConnectionJson = (connection: Connection): string => {
  const { protocol, client, virtual, server, state, expires, engine } = connection;
  return JSON.stringify({
    protocol,
    client: destKey(client),
    virtual: destKey(virtual),
    server: destKey(server),
    state,
    expires_s: expires,
    is_template: isTemplate(connection),
    engine,
  });
};

/** The members of the answer in JSON that come after the list. */
export const showTallyJson = ({ total, templates, byState }: ConnectionTally, shown: number): string =>
  printJson({ total, shown, templates, by_state: Object.fromEntries(sortedStates(byState)) });

const sortedStates = (byState: ReadonlyMap<string, number>) => [...byState].sort((a, b) => b[1] - a[1]);
const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
