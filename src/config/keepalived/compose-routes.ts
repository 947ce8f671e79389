import type { Result } from '../../base/result.ts';
import type { RouteConfig } from '../../model/routes.ts';
import { warning } from '../diagnostic.ts';
import type { LineFault } from '../routes/line.ts';
import type { RouteNames } from '../routes/names.ts';
import type { WrittenRule } from '../routes/number-rules.ts';
import { parseRoute } from '../routes/parse-route.ts';
import { parseRule } from '../routes/parse-rule.ts';
import { isPrefixLike } from '../routes/values.ts';
import { leaveAll, type Scope } from './compose-scope.ts';
import { sayAt } from './compose-values.ts';
import { here } from './keywords/row.ts';
import type { Statement, Word } from './statement.ts';

/** The route of a line of virtual_routes or static_routes; null after a line that is skipped, or an error. */
export const readRoute = (line: Statement, scope: Scope): RouteConfig | null =>
  readLine(line, scope, parseRoute);

/** The rule of a line of virtual_rules or static_rules; null after a line that is skipped, or an error. */
export const readRule = (line: Statement, scope: Scope): WrittenRule | null =>
  readLine(line, scope, parseRule);

function readLine<T>(
  line: Statement,
  scope: Scope,
  parse: (words: readonly string[], names: RouteNames) => Result<T, LineFault>,
): T | null {
  const words = withoutTrackGroup(line, scope);
  const result = parse(
    words.map(({ text }) => text),
    scope.routeNames,
  );
  if (result.ok) return result.value;
  const { at, problem } = result.error;
  const word = words[at] ?? line.words[0];
  // Its samples have some: nobody means such a line to count.
  if (problem.code !== 'bad_value' || !isPrefixLike(word.text)) sayAt(scope, line, word, problem);
  else {
    const text = `${problem.message}: this line is skipped, as by keepalived`;
    sayAt(scope, line, word, warning('entry_skipped', text, problem));
    leaveAll(line, scope, 'here', problem.message);
  }
  return null;
}

const TRACK_GROUP = here('what is lost is put back, and makes no instance fail', 'Instances that follow it');

/** The words of a line but for `track_group G`. */
function withoutTrackGroup(line: Statement, scope: Scope): readonly Word[] {
  const at = line.words.findIndex(({ text }) => text === 'track_group');
  const word = line.words[at];
  if (word === undefined) return line.words;
  scope.notes.idle(word, TRACK_GROUP, '"track_group" of a route or rule', scope.path);
  return line.words.toSpliced(at, 2);
}
