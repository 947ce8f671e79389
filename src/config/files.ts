import type { ConfigFiles } from '../model/files.ts';

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
