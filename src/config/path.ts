import type { Span } from './source.ts';
import type { YamlNode } from './yaml/tree.ts';

/** Where a value stands in a configuration: keys, and list places from 0. */
export type Path = readonly (string | number)[];

export const printPath = (path: Path): string => path.join('.');

/** The node at a path, or null where there is none. */
export function nodeAt(root: YamlNode, path: Path): YamlNode | null {
  const steps = stepsTo(root, path);
  return steps.length === path.length ? (steps.at(-1)?.node ?? root) : null;
}

/**
 * What to point at for `path`: a plain value itself, but the key of a map or list, or of anything when `key` is asked
 * for. Where the path leads to nothing, the nearest part that is there.
 */
export function spanAt(root: YamlNode, path: Path, key: boolean): Span {
  const steps = stepsTo(root, path);
  const last = steps.at(-1);
  if (last === undefined) return root;
  return last.key !== null && (key || last.node.kind !== 'scalar') ? last.key : last.node;
}

function stepsTo(root: YamlNode, path: Path): { key: Span | null; node: YamlNode }[] {
  const steps: { key: Span | null; node: YamlNode }[] = [];
  for (const part of path) {
    const at = steps.at(-1)?.node ?? root;
    if (at.kind === 'map') {
      const entry = at.entries.get(String(part));
      if (entry === undefined) break;
      steps.push(entry);
    } else if (at.kind === 'list') {
      const node = at.items[Number(part)];
      if (node === undefined) break;
      steps.push({ key: null, node });
    } else break;
  }
  return steps;
}
