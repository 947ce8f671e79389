import type { Assertion } from './node.ts';
import type { Program } from './program.ts';
import { accepts, LINE_FEED, type Range, WORD, within } from './units.ts';

/** What stands beside a place between two units. */
type Beside = 'edge' | 'lineFeed' | 'lastLineFeed' | 'word' | 'other';

/** All that is remembered of the units so far: where the program may be, and what the last unit was. */
export interface State {
  readonly places: readonly number[];
  readonly before: Beside;
  /** What follows a unit of a class: at twice the class, and one after it where a match may begin behind the unit. */
  readonly after: (State | undefined)[];
}

/** More are forgotten and made again, which bounds what a text can make this hold. */
const MOST_STATES = 256;
const CACHED_UNITS = 0x100;

/**
 * A program followed in all of its branches at once. What that gives is remembered as the states of a deterministic
 * automaton, so that a unit costs a look-up where the same things come again, and at most a visit to each step of the
 * program where they do not. Its answers do not depend on what it remembers.
 */
export class Automaton {
  readonly matched: State = { places: [], before: 'edge', after: [] };
  readonly #program: Program;
  /** Of each unit below 256; the program cannot tell units of the same class apart. */
  readonly #classes: Uint8Array;
  readonly #visits: Uint32Array;
  readonly #states = new Map<string, State>();
  #visit = 0;

  constructor(program: Program) {
    this.#program = program;
    this.#classes = classify(program);
    this.#visits = new Uint32Array(program.steps.length);
  }

  /** In front of the text. */
  start(mayBegin: boolean): State {
    return this.#stateOf(mayBegin ? [this.#program.start] : [], 'edge');
  }

  /** After `unit`, which something follows; `mayBegin`: whether a match may begin behind it. */
  next(state: State, unit: number, mayBegin: boolean): State {
    if (unit >= CACHED_UNITS) return this.#follow(state, besideOf(unit), unit, mayBegin);
    const slot = (this.#classes[unit] ?? 0) * 2 + (mayBegin ? 1 : 0);
    const known = state.after[slot];
    if (known !== undefined) return known;
    const found = this.#follow(state, besideOf(unit), unit, mayBegin);
    state.after[slot] = found;
    return found;
  }

  /** After the line feed that is the last unit of a text. */
  nextLast(state: State, mayBegin: boolean): State {
    return this.#follow(state, 'lastLineFeed', LINE_FEED, mayBegin);
  }

  /** Whether there is a match where the text ends in this state. */
  matchesAtEnd(state: State): boolean {
    return state === this.matched || this.#reach(state, 'edge', -1) === null;
  }

  #follow(state: State, beside: Beside, unit: number, mayBegin: boolean): State {
    const places = state === this.matched ? null : this.#reach(state, beside, unit);
    if (places === null) return this.matched;
    const { start } = this.#program;
    if (mayBegin && !places.includes(start)) places.push(start);
    return this.#stateOf(places, besideOf(unit));
  }

  /** The places after `unit`; null where there is a match in front of it. */
  #reach({ places, before }: State, beside: Beside, unit: number): number[] | null {
    const { steps } = this.#program;
    // Numbers come round after 2^32 searches; a place that was last visited then would be passed over.
    if (++this.#visit > 0xffffffff) {
      this.#visits.fill(0);
      this.#visit = 1;
    }
    const reached = new Set<number>();
    const open = [...places];
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      if (this.#visits[place] === this.#visit) continue;
      this.#visits[place] = this.#visit;
      const step = steps[place];
      if (step?.kind === 'match') return null;
      if (step?.kind === 'fork') open.push(...step.next);
      else if (step?.kind === 'assert' && holds(step.what, before, beside)) open.push(step.next);
      else if (step?.kind === 'unit' && unit >= 0 && accepts(step.set, unit)) reached.add(step.next);
    }
    return [...reached];
  }

  #stateOf(places: number[], before: Beside): State {
    places.sort((a, b) => a - b);
    const key = `${before} ${places.join()}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size >= MOST_STATES) this.#forget();
    const state: State = { places, before, after: [] };
    this.#states.set(key, state);
    return state;
  }

  /** Also what the states know of each other, or they would keep each other alive. */
  #forget(): void {
    for (const state of this.#states.values()) state.after.length = 0;
    this.#states.clear();
  }
}

/** Units between which no range begins or ends are of one class; so are their other cases, which lie in parallel. */
function classify({ steps }: Program): Uint8Array {
  const edges = new Set([LINE_FEED, LINE_FEED + 1, ...edgesOf(WORD)]);
  for (const step of steps) {
    if (step.kind !== 'unit') continue;
    for (const edge of edgesOf(step.set.ranges)) {
      edges.add(edge);
      if (step.set.ignoresCase !== 'no') edges.add(edge ^ CASE_BIT);
    }
    // Beyond ASCII the other case may be anywhere.
    if (step.set.ignoresCase === 'unicode')
      for (let unit = 0x80; unit < CACHED_UNITS; unit++) edges.add(unit);
  }
  let last = -1;
  return Uint8Array.from({ length: CACHED_UNITS }, (_, unit) => {
    if (last < 0 || edges.has(unit)) last++;
    return last;
  });
}

const CASE_BIT = 0x20;
const edgesOf = (ranges: readonly Range[]): readonly number[] =>
  ranges.flatMap(([from, to]) => [from, to + 1]);

function besideOf(unit: number): Beside {
  if (unit === LINE_FEED) return 'lineFeed';
  return within(WORD, unit) ? 'word' : 'other';
}

function holds(what: Assertion, before: Beside, after: Beside): boolean {
  switch (what) {
    case 'begin':
      return before === 'edge';
    case 'end':
      return after === 'edge';
    case 'endish':
      return after === 'edge' || after === 'lastLineFeed';
    case 'lineBegin':
      // pcre2pattern: not after a line feed that ends the text.
      return before === 'edge' || (before === 'lineFeed' && after !== 'edge');
    case 'lineEnd':
      return after === 'edge' || after === 'lineFeed' || after === 'lastLineFeed';
    case 'boundary':
      return (before === 'word') !== (after === 'word');
    case 'inside':
      return (before === 'word') === (after === 'word');
  }
}
