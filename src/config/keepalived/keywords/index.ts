import type { Block, Row, Treatment } from './row.ts';
import { TOP } from './top.ts';

/** A keyword in one of the places where it may stand, for people. */
export interface KeywordDoc {
  /** The keywords of the blocks around it, from the outside: `['vrrp_instance', 'authentication']`. */
  readonly block: readonly string[];
  readonly keyword: string;
  readonly treatment: Treatment;
  /** One sentence without a full stop. */
  readonly doc: string;
  /** Why it has no effect: one sentence without a full stop; null if it is applied. */
  readonly reason: string | null;
  /** The key that says the same in YAML, with `*` for names and places in lists: `vrrp.*.priority`. */
  readonly yaml: string | null;
  /** A spelling that keepalived still accepts but no longer documents. */
  readonly deprecated: boolean;
}

function docsOf(block: Block, path: readonly string[]): readonly KeywordDoc[] {
  const rows = Object.entries(block.rows);
  return [
    ...rows.map(([keyword, row]) => docOf(keyword, row, path)),
    ...rows.flatMap(([keyword, { inside }]) =>
      inside === null || inside === 'lines' ? [] : docsOf(inside, [...path, keyword]),
    ),
  ];
}

const docOf = (keyword: string, row: Row, block: readonly string[]): KeywordDoc => {
  const { treatment, doc, reason, yaml, deprecated } = row;
  return { block, keyword, treatment, doc, reason, yaml, deprecated };
};

/** Every keyword in every place, block by block. */
export const KEYWORDS: readonly KeywordDoc[] = docsOf(TOP, []);

/** The row of a keyword in a block, or null. */
export const rowOf = ({ rows }: Block, keyword: string): Row | null =>
  Object.hasOwn(rows, keyword) ? (rows[keyword] ?? null) : null;
