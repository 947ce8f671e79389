import type { Path } from '../path.ts';
import type { FileSpan } from './statement.ts';

/** The keywords that lead to it. */
interface Around {
  readonly path: string;
}

/** Of a list they may stand in one. */
type Parts = Map<string | number, Mark> | readonly Mark[];

/** Where a part of the configuration stands in the file, and the parts of it by the last step of their paths. */
export class Mark {
  readonly at: FileSpan;
  private readonly around: Around;
  private readonly keyword: string;
  private parts: Parts | null;

  /** `keyword` is behind the path of what is around it, which is asked for when the mark is. */
  constructor(at: FileSpan, around: Around, keyword = '', parts: Parts | null = null) {
    this.at = at;
    this.around = around;
    this.keyword = keyword;
    this.parts = parts;
  }

  /** The keywords that lead there. */
  get path(): string {
    const { path } = this.around;
    return path === '' || this.keyword === '' ? path + this.keyword : `${path} > ${this.keyword}`;
  }

  get inside(): Map<string | number, Mark> {
    if (!(this.parts instanceof Map)) this.parts = new Map(this.parts?.entries());
    return this.parts;
  }

  part(step: string | number): Mark | undefined {
    if (this.parts === null || this.parts instanceof Map) return this.parts?.get(step);
    return typeof step === 'number' ? this.parts[step] : undefined;
  }

  /** Another mark of the same place. */
  with(parts: Parts | null = null): Mark {
    return new Mark(this.at, this.around, this.keyword, parts);
  }
}

/** The mark of what is at a path, or of the nearest part that it is in. */
export function markAt(root: Mark, path: Path): Mark {
  let found = root;
  for (const step of path) {
    const next = found.part(step);
    if (next === undefined) break;
    found = next;
  }
  return found;
}
