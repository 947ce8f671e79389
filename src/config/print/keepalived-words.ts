import { type Argv, printCommandLine } from '../command-line.ts';

/** A line of a keepalived.conf, or a block of them; `above` are comments. Without a text it is only comments. */
export interface Statement {
  readonly text: string | null;
  readonly block?: readonly Statement[];
  readonly above?: readonly string[];
}

/** What keepalived has no words for. */
export interface Unsaid {
  /** Where it stands in the configuration. */
  readonly path: readonly (string | number)[];
  /** One sentence without a full stop; never a password. */
  readonly text: string;
}

/**
 * A word as keepalived 2.2.7 reads it back, in quotes where it needs them, or null: in quotes there is no way to write a
 * quote or backslash, and variables and `~SEQ` are replaced in them too.
 */
export function quote(word: string): string | null {
  if (/["\\\p{Cc}]|\$[\w{]|~(SEQ|LST)/u.test(word)) return null;
  // Behind // our reader takes the rest of a line for a comment.
  return /^(?!\/\/)[^\s#!{}$~@]+$/.test(word) ? word : `"${word}"`;
}

/** A command as one word behind a keyword for commands, or null: keepalived 2.2.7 stumbles over escapes in it. */
export function quoteCommand(argv: Argv): string | null {
  const line = printCommandLine(argv);
  return line === null ? null : quote(line);
}

/** The statements with four blanks for each level, and a blank line between those of the file itself. */
export function layOut(statements: readonly Statement[]): string {
  const blocks = statements.map((statement) => lines(statement, '').join(''));
  return blocks.filter((block) => block !== '').join('\n');
}

function lines({ text, block, above = [] }: Statement, indent: string): readonly string[] {
  const before = above.map((comment) => `${indent}# ${comment}\n`);
  if (text === null) return before;
  if (block === undefined) return [...before, `${indent}${text}\n`];
  const inner = block.flatMap((statement) => lines(statement, `${indent}    `));
  return [...before, `${indent}${text} {\n`, ...inner, `${indent}}\n`];
}
