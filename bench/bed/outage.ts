/** What a prober saw, by probe. Microseconds; times are CLOCK_MONOTONIC. */
export interface Probes {
  readonly sent: readonly number[];
  /** 0 for never. */
  readonly answered: readonly number[];
  /** How long after its time a probe went out. */
  readonly late: readonly number[];
  /** When answers came that were not the first to their probe. */
  readonly duplicates: readonly number[];
}

/** What a client missed. */
export interface Outage {
  readonly lost: number;
  /** Longest time between two answers; the pace of the probes when nothing was lost. Milliseconds. */
  readonly gap: number;
  readonly duplicates: number;
  /** How late the prober itself was, at most: no figure is more exact than this. Milliseconds. */
  readonly late: number;
}

interface Answer {
  readonly at: number;
  /** How late its probe was. */
  readonly late: number;
}

/**
 * What was lost of the probes sent from `from` to `to` (microseconds). An answer missing at the end of the window makes
 * a gap that lasts to the first answer after it, or to `to`. Where no probe was lost in a gap, it is shortened by the
 * time that the prober was late: then it was the prober that paused.
 */
export function outageBetween(probes: Probes, from: number, to: number): Outage {
  const lost: number[] = [];
  const answers: Answer[] = [];
  let latest = 0;
  for (const [i, sent] of probes.sent.entries()) {
    const at = probes.answered[i] ?? 0;
    const late = probes.late[i] ?? 0;
    if (at !== 0) answers.push({ at, late });
    if (sent < from || sent > to) continue;
    if (at === 0) lost.push(sent);
    latest = Math.max(latest, late);
  }
  const gap = longestGap(answers, lost, from, to);
  const duplicates = probes.duplicates.filter((at) => at >= from && at <= to).length;
  return { lost: lost.length, gap: gap / 1000, duplicates, late: latest / 1000 };
}

function longestGap(answers: readonly Answer[], lost: readonly number[], from: number, to: number): number {
  const inOrder = answers.toSorted((a, b) => a.at - b.at);
  const first = inOrder.findLastIndex(({ at }) => at <= from);
  const end = inOrder.findIndex(({ at }) => at >= to);
  const inside = inOrder.slice(Math.max(0, first), end === -1 ? undefined : end + 1);
  let longest = 0;
  let last = first === -1 ? from : (inside[0]?.at ?? from);
  for (const { at, late } of inside) {
    const isProbers = !lost.some((sent) => sent > last && sent < at);
    longest = Math.max(longest, at - last - (isProbers ? Math.min(late, at - last) : 0));
    last = at;
  }
  return end === -1 ? Math.max(longest, to - last) : longest;
}
