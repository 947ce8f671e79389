import type { Problem } from '../diagnostic.ts';
import type { Span } from '../source.ts';

/** A piece of one of the files that were read. */
export interface FileSpan extends Span {
  /** The file's name as diagnostics show it. */
  readonly file: string;
}

/** A word of a statement. What a variable or `~SEQ` stands for is placed where it was used. */
export interface Word extends FileSpan {
  /** Without quotes and escapes, variables replaced. */
  readonly text: string;
  readonly quoted: boolean;
}

/** A line of a keepalived.conf with the braces that follow it: `keyword argument … { statements }`. */
export interface Statement {
  /** The first is the keyword. */
  readonly words: readonly [Word, ...Word[]];
  /** Null where no brace follows. */
  readonly block: readonly Statement[] | null;
}

export type FileReport = (at: FileSpan, problem: Problem) => void;

/** Whether what stands behind this keyword may be a secret, before it is known which block it is in. */
export const isSecretive = (keyword: string): boolean => keyword === 'auth_pass' || keyword === 'key';
