import type { CST } from 'yaml';
import { mistake, type Problem } from '../diagnostic.ts';
import type { Span } from '../source.ts';

/** An opening bracket or quote that nothing closes, or the wrong thing. */
export interface Unclosed extends Span {
  readonly problem: Problem;
}

/**
 * The brackets and quotes of a text that are not closed, by place. Of brackets within each other only the innermost
 * counts: the others usually miss their end because of it.
 */
export const unclosedIn = (tokens: readonly CST.Token[]): readonly Unclosed[] => tokens.flatMap(unclosed);

function unclosed(token: CST.Token): readonly Unclosed[] {
  switch (token.type) {
    case 'document':
      return token.value === undefined ? [] : unclosed(token.value);
    case 'block-map':
    case 'block-seq':
      return within(token.items);
    case 'flow-collection': {
      const inner = within(token.items);
      return inner.length > 0 ? inner : bracket(token);
    }
    case 'single-quoted-scalar':
    case 'double-quoted-scalar':
      return quote(token);
    default:
      return [];
  }
}

const within = (items: readonly { key?: CST.Token | null; value?: CST.Token }[]): readonly Unclosed[] =>
  items.flatMap(({ key, value }) => [key, value].flatMap((part) => (part ? unclosed(part) : [])));

function bracket({ start, end }: CST.FlowCollection): readonly Unclosed[] {
  const [open, close, type] =
    start.type === 'flow-map-start' ? ['{', '}', 'flow-map-end'] : ['[', ']', 'flow-seq-end'];
  const last = end.find((token) => token.type === 'flow-map-end' || token.type === 'flow-seq-end');
  if (last?.type === type) return [];
  const why = last === undefined ? 'is not closed' : `is closed by ${last.source}`;
  return [opening(start.offset, `this ${open} ${why}; a ${close} is missing`)];
}

function quote({ offset, source }: CST.FlowScalar): readonly Unclosed[] {
  const mark = source.slice(0, 1);
  // What ends with the mark has it escaped, if the library finds fault with it; a line break is never meant.
  return source.length > 1 && source.endsWith(mark) && !source.includes('\n')
    ? []
    : [opening(offset, `this ${mark} is not closed on its line`)];
}

const opening = (offset: number, message: string): Unclosed => ({
  start: offset,
  end: offset + 1,
  problem: mistake('yaml_syntax', message),
});
