import { nodeAt, type Path } from './path.ts';
import type { YamlNode } from './yaml/tree.ts';

/**
 * Where a tree says what a path of the configuration leads to, as far as that is there. The checks of a server may be those
 * of its service, and a single one need not stand in a list.
 */
export function writtenPath(root: YamlNode, path: Path): Path {
  const [top, service, list, , check, i, ...below] = path;
  if (top !== 'services' || service === undefined || list !== 'servers' || check !== 'check') {
    return reached(root, path);
  }
  const ways = [path.slice(0, 5), ['services', service, 'check']].map((at) =>
    i === undefined || nodeAt(root, at)?.kind === 'map' ? [...at, ...below] : [...at, i, ...below],
  );
  return ways.find((way) => nodeAt(root, way) !== null) ?? reached(root, ways[0] ?? path);
}

function reached(root: YamlNode, path: Path): Path {
  const length = path.findIndex((_, i) => nodeAt(root, path.slice(0, i + 1)) === null);
  return length === -1 ? path : path.slice(0, length);
}
