/** Measurements of one name together, in the order of the first of each. */
export function byName<T extends { readonly name: string }>(
  samples: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const sample of samples) {
    const same = found.get(sample.name);
    if (same === undefined) found.set(sample.name, [sample]);
    else same.push(sample);
  }
  return found;
}
