import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import { mistake, type Problem } from '../diagnostic.ts';
import type { Span } from '../source.ts';

/** A YAML document with aliases and merge keys resolved, every part with its place. */
export type YamlNode = YamlScalar | YamlMap | YamlList;
export interface YamlScalar extends Span {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it is written, without quotes: `010` where the value is 10. */
  readonly source: string;
}
export interface YamlMap extends Span {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, YamlEntry>;
}
export interface YamlEntry {
  readonly key: Span;
  readonly node: YamlNode;
}
export interface YamlList extends Span {
  readonly kind: 'list';
  readonly items: readonly YamlNode[];
}

export type Report = (span: Span, problem: Problem) => void;

/** Nodes that aliases may multiply a file to; a file within the size limit has fewer of its own. */
const MOST_NODES = 1_000_000;

/** Turns composed YAML into a tree, and reports what YAML allows but a configuration does not. */
export function treeOf(root: Node | null, report: Report): YamlNode {
  const anchors = new Map<string, YamlNode>();
  let copied = 0;

  function node(from: Node | null, near: Span): YamlNode {
    if (isAlias(from)) return aliased(from);
    const built = isMap(from) ? map(from) : isSeq(from) ? list(from.items, spanOf(from)) : scalar(from, near);
    // After its content, so that an alias cannot lie within what it names.
    const anchor = from?.anchor;
    if (anchor !== undefined) anchors.set(anchor, built);
    return built;
  }

  function list(items: readonly unknown[], span: Span): YamlList {
    return { kind: 'list', ...span, items: items.map((item) => node(item as Node | null, span)) };
  }

  function scalar(from: Node | null, near: Span): YamlScalar {
    if (!isScalar(from)) return { kind: 'scalar', value: null, source: '', ...near };
    const { value } = from;
    const span = spanOf(from);
    const plain =
      value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (!plain) report(span, mistake('wrong_type', 'this YAML type has no use in a configuration'));
    return { kind: 'scalar', value: plain ? value : null, source: from.source ?? '', ...span };
  }

  function aliased(alias: Alias): YamlNode {
    const span = spanOf(alias);
    const target = anchors.get(alias.source);
    if (target === undefined) {
      report(
        span,
        mistake(
          'unknown_anchor',
          'no anchor of this name comes before; a text that begins with * needs quotes',
        ),
      );
    } else if (copied <= MOST_NODES) {
      copied += sizeOf(target, MOST_NODES - copied + 1);
      if (copied <= MOST_NODES) return target;
      report(span, mistake('too_large', 'the aliases of this file multiply it beyond what can be read'));
    }
    return { kind: 'scalar', value: null, source: '', ...span };
  }

  function map(from: YAMLMap): YamlMap {
    const entries = new Map<string, YamlEntry>();
    const merged: YamlEntry[] = [];
    for (const pair of from.items) {
      const key = keyOf(pair.key as Node | null, spanOf(from));
      const value = node(pair.value as Node | null, { start: key.end, end: key.end });
      const entry = { key: { start: key.start, end: key.end }, node: value };
      if (key.name === null) continue;
      if (key.name === '<<') merged.push(entry);
      else if (unquotedAddress(key.name, value)) {
        report(entry.key, mistake('unquoted', 'YAML takes this for a key; write it in quotes'));
      } else if (entries.has(key.name)) {
        report(entry.key, mistake('duplicate_key', `the key "${key.name}" is here twice`));
      } else entries.set(key.name, entry);
    }
    for (const entry of merged) merge(entries, entry);
    return { kind: 'map', ...spanOf(from), entries };
  }

  function merge(into: Map<string, YamlEntry>, { key, node }: YamlEntry) {
    for (const source of node.kind === 'list' ? node.items : [node]) {
      if (source.kind === 'map') {
        for (const [name, entry] of source.entries) if (!into.has(name)) into.set(name, entry);
      } else report(key, mistake('wrong_type', '<< takes the keys of a map, and this is none'));
    }
  }

  function keyOf(from: Node | null, near: Span): Span & { name: string | null } {
    if (isScalar(from)) {
      const name = nameOf(from);
      // A JavaScript object with this key would hide it from every check that follows.
      if (name !== '' && name !== '__proto__') return { ...spanOf(from), name };
    }
    const span = from === null ? { start: near.start, end: near.start } : spanOf(from);
    report(span, mistake('bad_key', 'a key must be a word'));
    return { ...span, name: null };
  }

  return node(root, { start: 0, end: 0 });
}

/** The tree as plain values, for a schema. */
export function plainOf(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainOf);
  return Object.fromEntries([...node.entries].map(([name, entry]) => [name, plainOf(entry.node)]));
}

const nameOf = (key: Scalar): string => (typeof key.value === 'string' ? key.value : (key.source ?? ''));

/** `- 2001:db8::` is a map with the key `2001:db8:`. */
const unquotedAddress = (name: string, value: YamlNode): boolean =>
  /^[0-9a-f]{1,4}(:[0-9a-f]{1,4})*:$/i.test(name) && value.kind === 'scalar' && value.value === null;

function spanOf(node: Node): Span {
  const [start, end] = node.range ?? [0, 0];
  return { start, end };
}

/** How many nodes there are, counting at most `limit`: shared parts count each time. */
function sizeOf(node: YamlNode, limit: number): number {
  let size = 1;
  const inner = node.kind === 'map' ? [...node.entries.values()].map((entry) => entry.node) : [];
  for (const child of node.kind === 'list' ? node.items : inner) {
    if (size >= limit) break;
    size += sizeOf(child, limit - size);
  }
  return size;
}
