/** An option that a measurement does not take as it was given. */
export class OptionError extends Error {}

/** The number that an option was given, at least `least`. */
export function numberOf(option: string, text: string, least = 1): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least)
    throw new OptionError(`--${option} takes a number from ${least} on, not ${text}`);
  return value;
}

/** The whole number that an option was given, at least `least`. */
export function wholeNumberOf(option: string, text: string, least = 1): number {
  const value = numberOf(option, text, least);
  if (!Number.isInteger(value)) throw new OptionError(`--${option} takes a whole number, not ${text}`);
  return value;
}

/** What an option names of some things that have names; all of them where it was not given. */
export function namedBy<T>(
  option: string,
  text: string | undefined,
  all: readonly T[],
  nameOf: (one: T) => string,
): readonly [T, ...T[]] {
  const [first, ...more] = all.filter((one) => text === undefined || nameOf(one) === text);
  if (first === undefined)
    throw new OptionError(`--${option} is one of ${all.map(nameOf).join(', ')}, not ${text}`);
  return [first, ...more];
}
