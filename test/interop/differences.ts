type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/**
 * Where two values differ: `VI_1 > priority: 100 → 90`. The members of a list are told apart by their names or by
 * themselves, so a member that only one has is `→ -` or `- →`.
 */
export function differences(
  from: Value | undefined,
  to: Value | undefined,
  path: readonly string[] = [],
): string[] {
  if (isTree(from) && isTree(to)) {
    const [before, after] = [membersOf(from), membersOf(to)];
    const keys = new Set([...before.keys(), ...after.keys()]);
    return [...keys].flatMap((key) => differences(before.get(key), after.get(key), [...path, key]));
  }
  if (from === to) return [];
  const show = (value: Value | undefined) =>
    value === undefined ? '-' : isTree(value) ? '+' : String(value);
  return [`${path.join(' > ')}: ${show(from)} → ${show(to)}`];
}

const isTree = (value: Value | undefined): value is Exclude<Value, string | number | boolean | null> =>
  typeof value === 'object' && value !== null;

function membersOf(tree: Exclude<Value, string | number | boolean | null>): Map<string, Value> {
  if (!Array.isArray(tree)) return new Map(Object.entries(tree));
  return new Map(
    tree.map((member: Value, i): [string, Value] => {
      if (typeof member === 'string') return [member, true];
      if (isTree(member) && 'name' in member) return [String(member['name']), member];
      return [String(i), member];
    }),
  );
}
