import { warning } from '../diagnostic.ts';
import type { Scope } from './compose-scope.ts';
import { rowOf } from './keywords/index.ts';
import type { Block } from './keywords/row.ts';
import { TOP } from './keywords/top.ts';
import type { Statement } from './statement.ts';

/** What keepalived once knew. */
const REMOVED: Readonly<Record<string, string>> = {
  nat_mask: 'keepalived has dropped "nat_mask" long ago: forwarding by NAT needs no mask',
  lvs_id: 'keepalived has dropped "lvs_id" long ago: router_id in global_defs names the node',
};

/** The blocks that a keyword may stand in, by their keywords; '' is outside of any. */
const HOMES: ReadonlyMap<string, readonly string[]> = homes();

function homes(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const visit = (block: Block, name: string): void => {
    for (const [keyword, { inside }] of Object.entries(block.rows)) {
      const names = found.get(keyword) ?? [];
      if (!names.includes(name)) found.set(keyword, [...names, name]);
      if (inside !== null && inside !== 'lines') visit(inside, keyword);
    }
  };
  visit(TOP, '');
  return found;
}

/** Says that a keyword is none, or none here. Gives the reason in short. */
export function sayUnknown(statement: Statement, scope: Scope): string {
  const [{ text: keyword }] = statement.words;
  const skipped = statement.block === null ? 'it is skipped' : 'it is skipped with its block';
  const removed = Object.hasOwn(REMOVED, keyword) ? REMOVED[keyword] : undefined;
  if (removed !== undefined) {
    say(statement, scope, warning('unknown_keyword', `${removed}; ${skipped}`));
    return removed;
  }
  const here = scope.path === '' ? 'outside of any block' : `in ${lastOf(scope.path)}`;
  const home = homeOf(keyword, scope);
  if (home !== null) {
    const reason = `"${keyword}" belongs ${home}, not ${here}`;
    say(statement, scope, warning('misplaced_keyword', `${reason}; ${skipped}`));
    return reason;
  }
  const known = Object.keys(scope.block.rows);
  const suggestion = scope.notes.suggest(keyword, known);
  // It may be a password on a line of its own.
  const shown = scope.block.isSecret && suggestion === null ? 'this' : `"${keyword}"`;
  const text = `${shown} is no keyword ${here}; ${skipped}`;
  const allowed = known.length <= 12 ? known : null;
  say(statement, scope, warning('unknown_keyword', text, { suggestion, allowed }));
  return 'it is no keyword of keepalived';
}

const say = ({ words }: Statement, scope: Scope, problem: ReturnType<typeof warning>): void =>
  scope.notes.say(words[0], problem, scope.path);

/** Where a keyword belongs: of several blocks one that is around this one, or the first three. */
function homeOf(keyword: string, scope: Scope): string | null {
  const names = HOMES.get(keyword);
  if (names === undefined) return null;
  const around = scope.path.split(' > ').map((part) => part.split(' ')[0] ?? '');
  const near = around.findLast((name) => names.includes(name));
  if (near !== undefined && near !== '') return `in ${near}`;
  if (names.includes('')) return 'outside of any block';
  const inner = names.filter((name) => rowOf(scope.block, name) !== null);
  return `in ${(inner.length > 0 ? inner : names).slice(0, 3).join(' or ')}`;
}

const lastOf = (path: string): string => path.split(' > ').at(-1)?.split(' ')[0] ?? '';
