/** Longer words are not compared: nobody mistypes them, and the cost grows with the square. */
const LONGEST = 64;

/**
 * The candidate that `word` probably was meant to be, or null: the one at the smallest edit distance if that is at most
 * a third of the word (one edit for short words). Case does not count; of equals the first wins.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  if (word.length > LONGEST) return null;
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: { candidate: string; distance: number } | null = null;
  for (const candidate of candidates) {
    if (candidate.length > LONGEST) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && distance < candidate.length && (best === null || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate ?? null;
}

/** Each suggestion costs time that grows with the number of candidates; a file with more mistakes has other problems. */
const MOST_SUGGESTIONS = 1000;
const MOST_CANDIDATES = 1000;

/** Gives the candidate that a word probably was meant to be, or null. */
export type Suggest = (word: string, candidates: Iterable<string>) => string | null;

/** `nearest` for all the mistakes of one file together, whose number it bounds. */
export function suggester(): Suggest {
  let left = MOST_SUGGESTIONS;
  return (word, candidates) => {
    if (left-- <= 0) return null;
    const compared: string[] = [];
    for (const candidate of candidates) {
      if (compared.push(candidate) === MOST_CANDIDATES) break;
    }
    return nearest(word, compared);
  };
}

/** Damerau-Levenshtein (optimal string alignment): insert, delete, replace, or swap two neighbours. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? (beforeLast[j - 2] ?? 0) + 1
          : replaced;
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced, swapped));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
