import { ok, type Result } from '../base/result.ts';
import type { Path } from './path.ts';
import { fileSchema, type WrittenFile } from './schema/file.ts';

export interface SoundPart {
  readonly written: WrittenFile;
  /** The path in the whole file of what is at `path` in `written`. */
  readonly whole: (path: Path) => Path;
  /** Whether the value at a path of the whole file was left out, or items of the list there. */
  readonly left: (path: Path) => boolean;
}

/**
 * The file without the values in which the schema found a mistake, so that the rest can be checked too: a bad value is
 * left out, in a list the item that holds it, and what can't do without it. Null when nothing remains.
 */
export function soundPart(value: unknown, bad: readonly Path[]): SoundPart | null {
  const left = new Map<string, Path>();
  const leave = (path: Path) => left.set(keyOf(smallest(path)), smallest(path));
  bad.forEach(leave);
  for (;;) {
    if (left.has(keyOf([]))) return null;
    const lists = new Map<string, readonly number[]>();
    const whole = (path: Path) => original(path, lists);
    const result = check(prune(value, [], [], left, lists));
    if (result.ok) {
      const items = [...left.values()].filter((path) => typeof path.at(-1) === 'number');
      const thinned = new Set(items.map((path) => keyOf(path.slice(0, -1))));
      const isLeft = (path: Path) => left.has(keyOf(smallest(path))) || thinned.has(keyOf(path));
      return { written: result.value, whole, left: isLeft };
    }
    const before = left.size;
    for (const path of result.error) leave(whole(path));
    if (left.size === before) throw new Error('leaving out a bad value did not help');
  }
}

/** What must go for the value at `path` to go: the first list item on the way, or the value. */
function smallest(path: Path): Path {
  const item = path.findIndex((part) => typeof part === 'number');
  return item === -1 ? path : path.slice(0, item + 1);
}

function check(value: unknown): Result<WrittenFile, readonly Path[]> {
  const result = fileSchema.safeParse(value);
  if (result.success) return ok(result.data);
  const error = result.error.issues.map((issue) => {
    const path = issue.path as Path;
    return has(value, path) ? path : path.slice(0, -1);
  });
  return { ok: false, error };
}

function has(value: unknown, path: Path): boolean {
  const [part, ...rest] = path;
  if (part === undefined) return true;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, part)
    ? has((value as Record<string | number, unknown>)[part], rest)
    : false;
}

function prune(
  value: unknown,
  path: Path,
  pruned: Path,
  left: ReadonlyMap<string, Path>,
  lists: Map<string, readonly number[]>,
): unknown {
  if (Array.isArray(value)) {
    const kept = [...value.keys()].filter((index) => !left.has(keyOf([...path, index])));
    lists.set(keyOf(pruned), kept);
    return kept.map((index, place) => prune(value[index], [...path, index], [...pruned, place], left, lists));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name]) => !left.has(keyOf([...path, name])))
    .map(([name, inner]) => [name, prune(inner, [...path, name], [...pruned, name], left, lists)]);
  return Object.fromEntries(entries);
}

function original(path: Path, lists: ReadonlyMap<string, readonly number[]>): Path {
  return path.map((part, i) =>
    typeof part === 'number' ? (lists.get(keyOf(path.slice(0, i)))?.[part] ?? part) : part,
  );
}

const keyOf = (path: Path): string => JSON.stringify(path);
