import { ok, type Result } from '../../base/result.ts';
import type { TrackerKind } from '../../model/tracking.ts';
import { mistake, type Problem, warning } from '../diagnostic.ts';
import { MOST_WEIGHT } from '../schema/track.ts';
import type { Scope } from './compose-scope.ts';
import { readWord, sayAt, show, wholeNumber } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

/** What a line says of a weight; undefined for what it leaves open. */
export interface GivenWeight {
  weight: number | undefined;
  reverse: boolean | undefined;
}

/** `weight N [reverse|noreverse]` from the word at `from` on, or null after an error. */
export function readWeight(
  statement: Statement,
  from: number,
  kind: TrackerKind,
  scope: Scope,
): GivenWeight | null {
  const given: GivenWeight = { weight: undefined, reverse: undefined };
  const rest = statement.words.slice(from);
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i];
    if (word === undefined) break;
    if (word.text === 'reverse' || word.text === 'noreverse') given.reverse = word.text === 'reverse';
    else if (word.text === 'weight') {
      const number = rest[++i];
      if (number === undefined) {
        sayAt(scope, statement, word, mistake('missing_value', '"weight" needs a number'));
        return null;
      }
      const weight = readNumber(number, statement, kind, scope);
      if (weight === null) return null;
      given.weight = weight;
    } else {
      const allowed = ['weight', 'reverse', 'noreverse'];
      const suggestion = scope.notes.suggest(word.text, allowed);
      const text = `${show(word)} says nothing of a weight: the rest of this line is skipped`;
      sayAt(scope, statement, word, warning('unknown_keyword', text, { suggestion, allowed }));
      break;
    }
  }
  return given;
}

/** keepalived takes 254 where 253 is the most, too, and counts it as that. */
const ONE_TOO_MANY = 254;

function readNumber(word: Word, statement: Statement, kind: TrackerKind, scope: Scope): number | null {
  const most = MOST_WEIGHT[kind];
  const isClamped =
    (kind === 'script' || kind === 'interface') && Math.abs(Number(word.text)) === ONE_TOO_MANY;
  const clamped = Math.sign(Number(word.text)) * most;
  const parse: (word: Word) => Result<number, Problem> = isClamped
    ? () => ok(clamped)
    : wholeNumber(-most, most);
  if (isClamped) {
    const text = `a weight is at most ${most}: this counts as ${clamped}`;
    sayAt(scope, statement, word, warning('value_replaced', text));
  }
  return readWord(word, statement, scope, parse)?.value ?? null;
}
