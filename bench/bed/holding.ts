/** From this time on (CLOCK_MONOTONIC, microseconds) a host holds this many of the addresses watched. */
export interface Held {
  readonly at: number;
  readonly count: number;
}

/** How long an address had no holder, or more than one, and how often it came to a new one. Milliseconds. */
export interface Holding {
  readonly none: number;
  readonly both: number;
  readonly moves: number;
}

const countAt = (history: readonly Held[], at: number): number =>
  history.findLast((held) => held.at <= at)?.count ?? 0;

/** Who held one address in a window of time, from the histories of all hosts that may. */
export function holdingBetween(hosts: readonly (readonly Held[])[], from: number, to: number): Holding {
  const inside = hosts.flat().filter(({ at }) => at > from && at < to);
  const times = [from, ...inside.map(({ at }) => at).sort((a, b) => a - b), to];
  let none = 0;
  let both = 0;
  for (const [i, start] of times.slice(0, -1).entries()) {
    const lasted = (times[i + 1] ?? to) - start;
    const holders = hosts.filter((history) => countAt(history, start) > 0).length;
    if (holders === 0) none += lasted;
    if (holders > 1) both += lasted;
  }
  const moves = hosts.flatMap((history) =>
    history.filter(({ at, count }, i) => at > from && at <= to && count > 0 && history[i - 1]?.count === 0),
  ).length;
  return { none: none / 1000, both: both / 1000, moves };
}
