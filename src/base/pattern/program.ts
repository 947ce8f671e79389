import { err, ok, type Result } from '../result.ts';
import type { Assertion, PatternNode } from './node.ts';
import type { UnitSet } from './units.ts';

/** A nondeterministic automaton; the numbers are places in the program, which begins at `start`. */
export interface Program {
  readonly start: number;
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly kind: 'unit'; readonly set: UnitSet; readonly next: number }
  | { readonly kind: 'assert'; readonly what: Assertion; readonly next: number }
  | { readonly kind: 'fork'; readonly next: readonly number[] }
  | { readonly kind: 'match' };

/** Each unit of a body visits each step at most once, so this bounds what a check can cost. */
const MOST_STEPS = 5000;

/** Total; the error is for people. */
export function compilePattern(node: PatternNode): Result<Program, string> {
  const steps: Step[] = [{ kind: 'match' }];
  const start = add(node, 0, steps);
  return start === null ? err('its repetitions make it too large') : ok({ start, steps });
}

/** Builds from behind: the place of `node` that goes on to `next`; null where it gets too large. */
function add(node: PatternNode, next: number, steps: Step[]): number | null {
  if (steps.length >= MOST_STEPS) return null;
  switch (node.kind) {
    case 'unit':
      return steps.push({ kind: 'unit', set: node.set, next }) - 1;
    case 'assert':
      return steps.push({ kind: 'assert', what: node.what, next }) - 1;
    case 'all': {
      let at: number | null = next;
      for (const part of node.parts.toReversed()) at = at === null ? null : add(part, at, steps);
      return at;
    }
    case 'any': {
      const places: number[] = [];
      for (const part of node.parts) {
        const at = add(part, next, steps);
        if (at === null) return null;
        places.push(at);
      }
      return steps.push({ kind: 'fork', next: places }) - 1;
    }
    case 'repeat': {
      let at: number | null = node.most === null ? addLoop(node.part, next, steps) : next;
      for (let i = node.least; i < (node.most ?? node.least) && at !== null; i++) {
        const taken = add(node.part, at, steps);
        // Each of the optional ones may be the last, so each can leave for `next`.
        at = taken === null ? null : steps.push({ kind: 'fork', next: [taken, next] }) - 1;
      }
      for (let i = 0; i < node.least && at !== null; i++) {
        const length = steps.length;
        at = add(node.part, at, steps);
        // An empty part repeated is empty; without this, nested ones take time without adding steps.
        if (steps.length === length) break;
      }
      return at;
    }
  }
}

function addLoop(part: PatternNode, next: number, steps: Step[]): number | null {
  const loop = steps.push({ kind: 'fork', next: [next] }) - 1;
  const body = add(part, loop, steps);
  if (body === null) return null;
  steps[loop] = { kind: 'fork', next: [body, next] };
  return loop;
}
