import { warning } from '../diagnostic.ts';
import type { Found } from '../issues.ts';
import type { Path } from '../path.ts';
import type { YamlNode } from './tree.ts';

/** Warns of numbers that YAML 1.1, which many tools still read, takes for octal: `010` is 10 here and 8 there. */
export function ambiguousNumbers(tree: YamlNode): readonly Found[] {
  const found: Found[] = [];
  const seen = new Set<YamlNode>();
  const visit = (node: YamlNode, path: Path) => {
    // What aliases repeat stands in the file once.
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === 'list') for (const [i, item] of node.items.entries()) visit(item, [...path, i]);
    else if (node.kind === 'map')
      for (const [name, entry] of node.entries) visit(entry.node, [...path, name]);
    else if (typeof node.value === 'number' && /^[-+]?0\d+$/.test(node.source)) {
      const octal = /^[-+]?0[0-7]+$/.test(node.source) ? Number.parseInt(node.source, 8) : 'text';
      const text = `${node.source} is ${node.value} in YAML 1.2, and ${octal} for tools that read YAML 1.1`;
      const problem = warning('ambiguous_value', text, { suggestion: String(node.value) });
      found.push({ path, key: false, problem });
    }
  };
  visit(tree, []);
  return found;
}
