import { warning } from '../diagnostic.ts';
import type { Found } from '../issues.ts';
import type { YamlNode } from './tree.ts';

/** Warns of numbers that YAML 1.1, which many tools still read, takes for octal: `010` is 10 here and 8 there. */
export function ambiguousNumbers(tree: YamlNode): readonly Found[] {
  const found: Found[] = [];
  const seen = new Set<YamlNode>();
  const path: (string | number)[] = [];
  const visitAt = (step: string | number, node: YamlNode) => {
    path.push(step);
    visit(node);
    path.pop();
  };
  const visit = (node: YamlNode) => {
    if (node.kind !== 'scalar') {
      // What aliases repeat stands in the file once.
      if (seen.has(node)) return;
      seen.add(node);
      if (node.kind === 'list') for (const [i, item] of node.items.entries()) visitAt(i, item);
      else for (const [name, entry] of node.entries) visitAt(name, entry.node);
    } else if (typeof node.value === 'number' && /^[-+]?0\d+$/.test(node.source) && !seen.has(node)) {
      seen.add(node);
      const octal = /^[-+]?0[0-7]+$/.test(node.source) ? Number.parseInt(node.source, 8) : 'text';
      const text = `${node.source} is ${node.value} in YAML 1.2, and ${octal} for tools that read YAML 1.1`;
      const problem = warning('ambiguous_value', text, { suggestion: String(node.value) });
      found.push({ path: [...path], key: false, problem });
    }
  };
  visit(tree);
  return found;
}
