import type { WrittenFile } from '../schema/file.ts';
import { readVirtualAddress } from './compose-address.ts';
import { Mark } from './compose-marks.ts';
import { readRoute, readRule } from './compose-routes.ts';
import { enterLines, markOf, type Reader, type Readers, type Scope } from './compose-scope.ts';
import { saySurplus } from './compose-values.ts';
import type { Statement } from './statement.ts';

type Lists = Pick<WrittenFile, 'static_addresses' | 'static_routes' | 'static_rules'>;

/** What static_ipaddress, static_routes and static_rules say. */
export type Statics = { readonly [Key in keyof Lists]: Lists[Key] } & { readonly root: Mark };

export const newStatics = (root: Mark): Statics => ({
  static_addresses: [],
  static_routes: [],
  static_rules: [],
  root,
});

const lines =
  <Key extends keyof Lists>(
    key: Key,
    readLine: (line: Statement, scope: Scope) => Lists[Key][number] | null,
  ): Reader<Statics> =>
  (statement, { root, ...lists }, scope) => {
    saySurplus(statement, scope, 1);
    const mark = root.inside.get(key) ?? markOf(scope, statement, statement.words[0]);
    root.inside.set(key, mark);
    const within = enterLines(scope, statement);
    const list: Lists[Key][number][] = lists[key];
    for (const line of statement.block ?? []) {
      const value = readLine(line, within);
      if (value === null) continue;
      mark.inside.set(list.length, new Mark(line.words[0], within));
      list.push(value);
    }
  };

/** What stands outside of any block about things that are there whoever is master. */
export const STATIC_READERS: Readers<Statics> = {
  static_ipaddress: lines('static_addresses', readVirtualAddress),
  static_routes: lines('static_routes', readRoute),
  static_rules: lines('static_rules', readRule),
};
