/** More names in one sentence are read by nobody. */
const MOST_NAMED = 4;

/** Some of the names, and how many more there are. */
export const someOf = (names: readonly string[]): string =>
  names.length <= MOST_NAMED
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;
