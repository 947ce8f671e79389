import type { UnitSet } from './units.ts';

/** What a pattern is made of. */
export type PatternNode =
  | { readonly kind: 'unit'; readonly set: UnitSet }
  | { readonly kind: 'assert'; readonly what: Assertion }
  /** One after the other; none is the empty pattern. */
  | { readonly kind: 'all'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'any'; readonly parts: readonly PatternNode[] }
  /** `most` null is without an end. */
  | {
      readonly kind: 'repeat';
      readonly part: PatternNode;
      readonly least: number;
      readonly most: number | null;
    };

/**
 * - `begin`, `end`: of the text;
 * - `endish`: `end`, or before the line feed that ends the text;
 * - `lineBegin`, `lineEnd`: of the text or of a line;
 * - `boundary`, `inside`: `\b`, `\B`.
 */
export type Assertion = 'begin' | 'end' | 'endish' | 'lineBegin' | 'lineEnd' | 'boundary' | 'inside';
