import { err, ok, type Result } from '../base/result.ts';
import type { Config } from '../model/config.ts';
import { compareDiagnostics, type Diagnostic, type Problem } from './diagnostic.ts';
import type { Found } from './issues.ts';
import { type Path, printPath, spanAt } from './path.ts';
import { readTree } from './read-tree.ts';
import type { FilePlace } from './reading.ts';
import { placesOf, type Span } from './source.ts';
import { writtenPath } from './written-path.ts';
import { ambiguousNumbers } from './yaml/ambiguous.ts';
import { parseYaml } from './yaml/parse.ts';
import type { YamlNode } from './yaml/tree.ts';

export interface ReadConfig {
  readonly config: Config;
  readonly warnings: readonly Diagnostic[];
  readonly placeOf: (path: Path) => FilePlace;
}

/** What the machine says where the file is silent. */
export interface ConfigDefaults {
  /** The router_id. */
  readonly hostname: string;
}

/**
 * Reads a configuration in YAML. `file` is its name as diagnostics show it; nothing is opened. An error is every
 * mistake and warning of the file, by place, at least one of them an error. Total: no text makes it throw. The
 * configuration holds plain values that can be cloned between processes.
 */
export function readYaml(
  text: string,
  file: string,
  defaults: ConfigDefaults,
): Result<ReadConfig, readonly Diagnostic[]> {
  const placeOf = placesOf(text);
  const diagnostics: Diagnostic[] = [];
  const report = (span: Span, problem: Problem, path: Path = []) => {
    diagnostics.push({ file, ...placeOf(span), ...problem, path: printPath(path) });
  };
  const tree = parseYaml(text, report);
  const reportFound = (tree: YamlNode, { path, key, problem }: Found) =>
    report(spanAt(tree, path, key), problem, path);
  const config =
    tree === null ? null : readTree(tree, defaults.hostname, (found) => reportFound(tree, found));
  if (tree !== null) {
    const told = new Set(diagnostics.map(({ path }) => path));
    for (const found of ambiguousNumbers(tree))
      if (!told.has(printPath(found.path))) reportFound(tree, found);
  }
  const sorted = diagnostics.toSorted(compareDiagnostics);
  const failed = sorted.some(({ severity }) => severity === 'error');
  if (config === null || tree === null || failed) return err(sorted);
  const placed = (path: Path) => {
    const written = writtenPath(tree, path);
    return { file, ...placeOf(spanAt(tree, written, false)), path: printPath(written) };
  };
  return ok({ config, warnings: sorted, placeOf: placed });
}
