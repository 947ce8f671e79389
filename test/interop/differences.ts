type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/**
 * Where two values differ: `VI_1 > priority: 100 → 90`. The members of a list are told apart by their names or else their
 * places; where only one has a member, the other shows `-`.
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
    value === undefined ? '-' : isTree(value) || value === true ? '+' : String(value);
  return [`${path.join(' > ')}: ${show(from)} → ${show(to)}`];
}

const isTree = (value: Value | undefined): value is Exclude<Value, string | number | boolean | null> =>
  typeof value === 'object' && value !== null;

function membersOf(tree: Exclude<Value, string | number | boolean | null>): Map<string, Value> {
  if (!Array.isArray(tree)) return new Map(Object.entries(tree));
  return new Map(
    tree.map((member: Value, i): [string, Value] => [
      isTree(member) && 'name' in member ? String(member['name']) : String(i + 1),
      member,
    ]),
  );
}

/** Lines whose order says nothing, for `differences`; each may be there several times. */
export function unordered(lines: readonly string[]): Readonly<Record<string, true>> {
  const found: Record<string, true> = {};
  for (const line of lines) {
    let key = line;
    for (let n = 2; key in found; n++) key = `${line} (${n})`;
    found[key] = true;
  }
  return found;
}
