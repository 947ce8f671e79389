import type { Path } from '../path.ts';
import type { FileSpan } from './statement.ts';

/** Where a part of the configuration stands in the file, and the parts of it by the last step of their paths. */
export interface Mark {
  readonly at: FileSpan;
  /** The keywords that lead there. */
  readonly path: string;
  readonly inside: Map<string | number, Mark>;
}

/** The mark of what is at a path, or of the nearest part that it is in. */
export function markAt(root: Mark, path: Path): Mark {
  let found = root;
  for (const step of path) {
    const next = found.inside.get(step);
    if (next === undefined) break;
    found = next;
  }
  return found;
}
