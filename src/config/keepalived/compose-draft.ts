import type { Mark } from './compose-marks.ts';
import { markOf, type Reader, type Scope } from './compose-scope.ts';
import type { Statement } from './statement.ts';

/** A part of the configuration as it is being read. */
export interface Draft {
  readonly mark: Mark;
  /** What has a value that is an error, by the names of YAML. */
  readonly broken: Broken;
}

/** A set that takes no memory while it is empty, as for most drafts. */
export class Broken {
  private keys: Set<string> | null = null;

  add(key: string): void {
    this.keys ??= new Set();
    this.keys.add(key);
  }

  delete(key: string): void {
    this.keys?.delete(key);
  }

  has(key: string): boolean {
    return this.keys?.has(key) ?? false;
  }
}

/** Reads a value into a draft and marks its place under the name that it has in YAML. */
export const into =
  <Of extends Draft, T>(
    key: string,
    readValue: (statement: Statement, scope: Scope) => T | null,
    put: (draft: Of, value: T) => void,
  ): Reader<Of> =>
  (statement, draft, scope) => {
    const value = readValue(statement, scope);
    draft.mark.inside.set(key, markOf(scope, statement));
    if (value === null) draft.broken.add(key);
    else {
      draft.broken.delete(key);
      put(draft, value);
    }
  };
