import { md5 } from '@noble/hashes/legacy.js';
import { type Pattern, PatternSearch } from '../base/pattern/pattern.ts';
import type { HttpExpectation } from '../model/check.ts';

/** An expectation with its pattern ready for use; `pattern` is null where the expectation has none. */
export interface HttpJudged {
  readonly expect: HttpExpectation;
  readonly pattern: Pattern | null;
}

/** Judges one answer as it comes. Holds none of it. What it finds wrong is words for people; null is well. */
export class HttpJudge {
  readonly #judged: HttpJudged;
  readonly #hash: ReturnType<typeof md5.create> | null;
  readonly #search: PatternSearch | null;

  constructor(judged: HttpJudged) {
    const { digest, body } = judged.expect;
    this.#judged = judged;
    this.#hash = digest === null ? null : md5.create();
    this.#search =
      body === null || judged.pattern === null ? null : new PatternSearch(judged.pattern, body.from, body.to);
  }

  /** What is wrong with the status. */
  status(status: number): string | null {
    const { expect } = this.#judged;
    if (expect.status.some(([from, to]) => from <= status && status <= to)) return null;
    const wanted = expect.status.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
    return `status ${status}, not ${wanted.join(', ')}`;
  }

  receive(body: Uint8Array): void {
    this.#hash?.update(body);
    this.#search?.receive(body);
  }

  /** The body is complete: what is wrong with it. To be called once. */
  end(): string | null {
    const { digest, body } = this.#judged.expect;
    const found = this.#hash === null ? null : hex(this.#hash.digest());
    if (found !== digest) return `digest ${found}, not ${digest}`;
    const hasMatched = this.#search?.end() ?? null;
    if (body === null || hasMatched === null || hasMatched !== body.isNegated) return null;
    return hasMatched
      ? `the body matches ${printed(body.pattern)}`
      : `the body does not match ${printed(body.pattern)}`;
  }
}

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const printed = (pattern: string) => `/${pattern.length > 60 ? `${pattern.slice(0, 60)}…` : pattern}/`;
