import { type Problem, warning } from '../diagnostic.ts';
import { type Suggest, suggester } from '../nearest.ts';
import type { Path } from '../path.ts';
import type { LeftOut } from '../reading.ts';
import type { Row } from './keywords/row.ts';
import type { FileSpan } from './statement.ts';

export interface Said {
  readonly at: FileSpan;
  readonly problem: Problem;
  /** The keywords that lead there. */
  readonly path: string;
}

/** What a statement belongs to. It may get its name after the statement was read. */
export interface Owner {
  path: Path;
}

export interface Left extends Pick<LeftOut, 'text' | 'why' | 'reason'> {
  readonly at: FileSpan;
  readonly of: Owner;
}

interface Idle {
  readonly at: FileSpan;
  readonly path: string;
  readonly what: string;
  count: number;
}

/** Collects what there is to say of a file. */
export class Notes {
  readonly said: Said[] = [];
  readonly left: Left[] = [];
  readonly #idle = new Map<Row, Idle>();
  /** The candidate that a word probably was meant to be, or null. */
  readonly suggest: Suggest = suggester();

  say(at: FileSpan, problem: Problem, path: string): void {
    this.said.push({ at, problem, path });
  }

  leave(left: Left): void {
    this.left.push(left);
  }

  /** Counts a keyword without effect. It is said once, at its first place; `what` is the keyword in quotes. */
  idle(at: FileSpan, row: Row, what: string, path: string): void {
    const before = this.#idle.get(row);
    if (before === undefined) this.#idle.set(row, { at, path, what, count: 1 });
    else before.count++;
  }

  get hasErrors(): boolean {
    return this.said.some(({ problem }) => problem.severity === 'error');
  }

  /** After the last statement. */
  sayIdle(): void {
    for (const [row, { at, path, what, count }] of this.#idle) {
      const when = row.treatment === 'here' ? 'here' : 'yet';
      const more = count === 1 ? '' : ` (also in ${count - 1} more ${count === 2 ? 'place' : 'places'})`;
      const text = `${what} has no effect ${when}: ${row.reason ?? row.doc}${more}`;
      this.say(at, warning(`no_effect_${when}`, text), path);
    }
  }
}
