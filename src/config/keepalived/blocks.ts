import { mistake } from '../diagnostic.ts';
import { type FileReport, type FileSpan, isSecretive, type Statement, type Word } from './statement.ts';

/** keepalived's own blocks go five deep; whoever walks through statements may rely on this. */
const MOST_LEVELS = 100;

interface OpenBlock {
  readonly at: FileSpan;
  /** Null for a block of nothing. */
  readonly owner: Growing | null;
  readonly statements: Growing[];
}

interface Growing {
  readonly words: Statement['words'];
  block: Growing[] | null;
}

/** Puts statements and braces together. Braces without partners are reported as errors. */
export class Blocks {
  readonly #report: FileReport;
  readonly #top: Growing[] = [];
  readonly #open: OpenBlock[] = [];
  #isTooDeep = false;

  constructor(report: FileReport) {
    this.#report = report;
  }

  add(words: readonly Word[]): void {
    if (isStatement(words)) this.#current.push({ words, block: null });
  }

  /** Belongs to the statement before it. What is in a block of nothing counts as outside of it. */
  open(at: FileSpan): void {
    const owner = this.#current.at(-1);
    if (owner === undefined || owner.block !== null) {
      this.#report(at, mistake('stray_brace', 'this { follows no keyword'));
      this.#open.push({ at, owner: null, statements: this.#current });
    } else if (this.#open.length >= MOST_LEVELS) {
      if (!this.#isTooDeep)
        this.#report(at, mistake('too_deep', `blocks are at most ${MOST_LEVELS} levels deep`));
      this.#isTooDeep = true;
      this.#open.push({ at, owner, statements: this.#current });
    } else {
      owner.block = [];
      this.#open.push({ at, owner, statements: owner.block });
    }
  }

  close(at: FileSpan): void {
    if (this.#open.pop() === undefined) this.#report(at, mistake('stray_brace', 'this } closes no block'));
  }

  /** What was put together so far. */
  get statements(): readonly Statement[] {
    return this.#top;
  }

  /** To be called after the last statement. */
  reportOpen(): void {
    for (const { at, owner } of this.#open) {
      const name = owner === null ? '' : nameOf(owner);
      const whose = name === '' ? 'this block' : `the block of ${name}`;
      this.#report(at, mistake('missing_brace', `${whose} has no closing }`));
    }
  }

  get #current(): Growing[] {
    return this.#open.at(-1)?.statements ?? this.#top;
  }
}

const isStatement = (words: readonly Word[]): words is Statement['words'] => words.length > 0;

/** A password or a key is no name. */
const nameOf = ({ words }: Growing): string =>
  words
    .slice(0, isSecretive(words[0].text) ? 1 : 3)
    .map((word) => word.text.slice(0, 40))
    .join(' ');
