/** Figures that lie farther apart are drawn by their logarithm: two decades. */
const LINEAR_SPAN = 100;

/** Where values lie along a line. */
export interface Axis {
  readonly isLogarithmic: boolean;
  /** Values at which it is marked, in order. */
  readonly ticks: readonly number[];
  /** From 0 at its begin to 1 at its end; what lies beyond an end is put there. */
  at(value: number): number;
  /** Where bars begin: at the value 0, or at the begin of a logarithmic axis. From 0 to 1. */
  readonly base: number;
}

/** An axis that shows all of these values. */
export function axisOf(values: readonly number[]): Axis {
  const positive = values.filter((value) => value > 0);
  const least = Math.min(...positive);
  const most = Math.max(...positive);
  const isLogarithmic =
    positive.length > 0 && most / least > LINEAR_SPAN && values.every((value) => value >= 0);
  return isLogarithmic ? logarithmic(least, most) : linear(Math.min(0, ...values), Math.max(0, ...values));
}

const within = (share: number): number => Math.min(1, Math.max(0, share));

function logarithmic(least: number, most: number): Axis {
  // The least value gets a bar that can be seen.
  const first = Math.floor(Math.log10(least) - 0.1);
  const last = Math.max(first + 1, Math.log10(most));
  const every = Math.max(1, Math.ceil((last - first) / 4));
  const ticks: number[] = [];
  for (let power = first; power <= last; power += every) ticks.push(10 ** power);
  return {
    isLogarithmic: true,
    ticks,
    at: (value) => (value <= 0 ? 0 : within((Math.log10(value) - first) / (last - first))),
    base: 0,
  };
}

function linear(least: number, most: number): Axis {
  if (most === least) return { isLogarithmic: false, ticks: [0], at: () => 0, base: 0 };
  const span = most - least;
  const step = niceStep(span / 5);
  const ticks: number[] = [];
  for (let n = Math.ceil(least / step); n * step <= least + span; n++) ticks.push(n * step);
  const at = (value: number): number => within((value - least) / span);
  return { isLogarithmic: false, ticks, at, base: at(0) };
}

/** 1, 2 or 5 times a power of ten, at least `step`. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 5].find((times) => times * power >= step * 0.999) ?? 10);
}

const PREFIXES = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** A value beside a tick, short: `20k`, `1.5`, `0.001`. */
export function printTick(value: number): string {
  const [size, prefix] = PREFIXES.find(([each]) => Math.abs(value) >= each) ?? [1, ''];
  return `${Number((value / size).toPrecision(3))}${prefix}`;
}
