import type { Result } from '../base/result.ts';

/** The files that a configuration is read from. Whoever reads one passes these in. */
export interface ConfigFiles {
  /** The text of a file, or why it cannot be read, as the end of a sentence. */
  read(path: string): Result<string, string>;
  /** The readable files that match a shell pattern of `*`, `?` and `[…]`, sorted; an empty list for none. */
  match(pattern: string): readonly string[];
}
