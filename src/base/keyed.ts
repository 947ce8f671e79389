/** A map from the text that `keyOf` gives to each item. Items whose keys collide are a broken invariant. */
export function keyed<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T> {
  const map = new Map<string, T>();
  for (const item of items) {
    const key = keyOf(item);
    if (map.has(key)) throw new Error(`duplicate key ${key}`);
    map.set(key, item);
  }
  return map;
}
