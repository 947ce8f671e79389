import type { Heard } from '../bed/frames.ts';

const SOURCE = 14 + 12;

/** How far the adverts from an address were apart where they arrived. Milliseconds; NaN with fewer than two. */
export function spacingOf(
  heard: readonly Heard[],
  address: string,
): { readonly p999: number; readonly longest: number } {
  const times = heard
    .filter(({ frame }) => frame.slice(SOURCE, SOURCE + 4).join('.') === address)
    .map(({ at }) => at);
  const apart = times.slice(1).map((at, i) => (at - (times[i] ?? at)) / 1000);
  const sorted = apart.toSorted((a, b) => a - b);
  return {
    p999: sorted[Math.ceil(0.999 * sorted.length) - 1] ?? Number.NaN,
    longest: sorted.at(-1) ?? Number.NaN,
  };
}
