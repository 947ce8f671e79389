import type { Micros } from '../../base/units.ts';
import type { ScriptCommand } from '../../model/script.ts';
import type { Argv } from '../command-line.ts';
import { printDuration } from '../duration.ts';
import { quote, quoteCommand, type Statement, type Unsaid } from './keepalived-words.ts';

export type Leave = (unsaid: Unsaid) => void;

/** What writes the lines of one object; a value that keepalived cannot quote is left out, and said. */
export interface Lines {
  /** A keyword and its words; nothing where a word is undefined. */
  line(keyword: string, ...words: readonly (string | number | undefined)[]): readonly Statement[];
  alone(keyword: string, wanted: boolean): readonly Statement[];
  seconds(keyword: string, value: Micros | undefined): readonly Statement[];
  /** For keepalived's timers of whole seconds, up to `longest`. */
  wholeSeconds(keyword: string, value: Micros | undefined, longest?: number): readonly Statement[];
  /** A command and who runs it. */
  command(keyword: string, command: ScriptCommand | null): readonly Statement[];
  /** A command alone. */
  argv(keyword: string, argv: Argv): readonly Statement[];
}

export function linesAt(path: Unsaid['path'], leave: Leave): Lines {
  const line: Lines['line'] = (keyword, ...words) => {
    if (words.includes(undefined)) return [];
    const quoted = [keyword, ...words].map((word) => quote(String(word)));
    if (quoted.every((word) => word !== null)) return [{ text: quoted.join(' ') }];
    leave({ path: [...path, keyword], text: `${keyword}: keepalived cannot quote what it is set to` });
    return [];
  };
  const argv = (keyword: string, words: Argv, ...account: readonly string[]) => {
    const quoted = [quoteCommand(words), ...account.map(quote)];
    if (quoted.every((word) => word !== null)) return [{ text: [keyword, ...quoted].join(' ') }];
    leave({ path: [...path, keyword], text: `${keyword}: keepalived cannot quote the command` });
    return [];
  };
  const seconds = (keyword: string, value: Micros | undefined) =>
    line(keyword, value === undefined ? undefined : decimal(value / 1_000_000));
  return {
    line,
    alone: (keyword, wanted) => (wanted ? [{ text: keyword }] : []),
    seconds,
    wholeSeconds(keyword, value, longest = Number.POSITIVE_INFINITY) {
      if (value === undefined) return [];
      const whole = Math.min(Math.ceil(value / 1_000_000), longest);
      if (whole * 1_000_000 !== value) {
        const text = `${keyword} ${printDuration(value)}: keepalived has whole seconds, here ${whole}`;
        leave({ path: [...path, keyword], text });
      }
      return line(keyword, whole);
    },
    command: (keyword, command) =>
      command === null
        ? []
        : argv(keyword, command.argv, ...[command.user, command.group].filter((name) => name !== null)),
    argv: (keyword, words) => argv(keyword, words),
  };
}

/** Without an exponent, which keepalived does not read. */
const decimal = (value: number): string => value.toFixed(6).replace(/\.?0+$/, '');
