import type { Result } from '../base/result.ts';

/** The files that a configuration is read from. Whoever reads one passes these in. */
export interface ConfigFiles {
  /** The text of a file, or why it cannot be read, as the end of a sentence. */
  read(path: string): Result<string, string>;
  /** The readable files that match a shell pattern of `*`, `?` and `[…]`, sorted; an empty list for none. */
  match(pattern: string): readonly string[];
}

/** What the machine says where a configuration asks it. */
export interface ReadContext {
  readonly files: ConfigFiles;
  /** The router_id where the file is silent, and up to its first dot what `@ID` lines are compared with. */
  readonly hostname: string;
  /** What `@ID` lines are compared with in place of the host name, or null. */
  readonly configId: string | null;
  /** An environment variable, for `${_ENV NAME}`. */
  env(name: string): string | undefined;
  /** In [0, 1), for `${_RANDOM}`. */
  random(): number;
}
