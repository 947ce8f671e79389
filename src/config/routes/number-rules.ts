import type { Family } from '../../base/ip.ts';
import type { RuleConfig } from '../../model/routes.ts';

/** A rule as a file has it. */
export interface WrittenRule extends Omit<RuleConfig, 'preference'> {
  /** Null where the file leaves it to us: then `numberRules` chooses. */
  readonly preference: number | null;
}

/**
 * The preferences of keepalived 2.2.7 for rules without one: 16384 for the first of a family in a configuration, one
 * less for each after it, so that a later rule is looked at first. A rule that takes one with it into the kernel can be
 * taken away again, by this process or the next.
 */
const FIRST = 16_384;

/** Gives rules a preference that have none. Called once for each list, in the order of the file: static rules first. */
export type NumberRules = (rules: readonly WrittenRule[]) => readonly RuleConfig[];

/** For the rules of one configuration. The 16384th and those after it share 1, in front of which is Linux's rule 0. */
export function numberRules(): NumberRules {
  const next: Record<Family, number> = { inet: FIRST, inet6: FIRST };
  const choose = (family: Family): number => Math.max(1, next[family]--);
  return (rules) => rules.map((rule) => ({ ...rule, preference: rule.preference ?? choose(rule.family) }));
}
