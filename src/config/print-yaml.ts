import { Document, isMap, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Config } from '../model/config.ts';
import type { Path } from './path.ts';
import { writeFile } from './print/file-text.ts';
import { noteKey, notesByObject, noteTexts } from './print/notes.ts';
import type { LeftOut } from './reading.ts';

/** A map with less JSON than this stands on one line. */
const ONE_LINE = 90;

/** The file, its sections and their entries never stand on one line. */
const SECTIONS = 3;

/**
 * A configuration in YAML; `readYaml` reads it back as the same. A comment for each note stands above the instance or
 * service that it belongs to, or at the top. A router_id that is `hostname` is left out, for each machine to fill in.
 */
export function printYaml(
  config: Config,
  notes: readonly LeftOut[] = [],
  hostname: string | null = null,
): string {
  const contents = mapOf(writeFile(config, hostname), []);
  // What YAML 1.1 takes for something else, such as `no`, is quoted too: many editors read that.
  const document = new Document(contents, { schema: 'core', compat: 'yaml-1.1' });
  const above = notesByObject(notes);
  for (const { key: section, value: entries } of contents.items) {
    if (!isMap<Scalar>(entries)) continue;
    for (const { key } of entries.items) {
      const object = noteKey(String(section.value), String(key.value));
      comment(key, above.get(object) ?? []);
      above.delete(object);
    }
  }
  comment(document, [...above.values()].flat());
  return document.toString({ lineWidth: 0 });
}

function nodeOf(value: unknown, path: Path): Node {
  if (Array.isArray(value)) return listOf(value, path);
  return typeof value === 'object' && value !== null ? mapOf(value, path) : new Scalar(value);
}

function mapOf(value: object, path: Path): YAMLMap<Scalar, Node> {
  const map = new YAMLMap<Scalar, Node>();
  for (const [name, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    const key = new Scalar(name);
    const node = nodeOf(inner, [...path, name]);
    key.spaceBefore = path.length === 0 && !(node instanceof Scalar) && map.items.length > 0;
    map.items.push(new Pair(key, node));
  }
  map.flow = path.length >= SECTIONS && JSON.stringify(value).length < ONE_LINE;
  return map;
}

function listOf(items: readonly unknown[], path: Path): YAMLSeq<Node> {
  const list = new YAMLSeq<Node>();
  list.items = items.map((item, i) => nodeOf(item, [...path, i]));
  list.flow = items.length === 0 || path.at(-1) === 'scheduler_flags';
  return list;
}

function comment(on: Scalar | Document, notes: readonly LeftOut[]): void {
  if (notes.length > 0)
    on.commentBefore = noteTexts(notes)
      .map((line) => ` ${line}`)
      .join('\n');
}
