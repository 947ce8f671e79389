import { err, ok, type Result } from '../base/result.ts';
import type { Config } from '../model/config.ts';
import { composeConfig } from './compose/config.ts';
import { compareDiagnostics, type Diagnostic, mistake, type Problem } from './diagnostic.ts';
import { explainIssue, type Found } from './issues.ts';
import { type Path, printPath, spanAt } from './path.ts';
import { fileSchema } from './schema/file.ts';
import { soundPart } from './sound.ts';
import { placesOf, type Span } from './source.ts';
import { parseYaml } from './yaml/parse.ts';
import { plainOf, type YamlNode } from './yaml/tree.ts';

export interface ReadConfig {
  readonly config: Config;
  readonly warnings: readonly Diagnostic[];
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
  const config =
    tree === null
      ? null
      : readTree(tree, defaults, ({ path, key, problem }) => report(spanAt(tree, path, key), problem, path));
  const sorted = diagnostics.toSorted(compareDiagnostics);
  const failed = sorted.some(({ severity }) => severity === 'error');
  return config === null || failed ? err(sorted) : ok({ config, warnings: sorted });
}

function readTree(tree: YamlNode, defaults: ConfigDefaults, report: (found: Found) => void): Config | null {
  if (tree.kind !== 'map') {
    report({ path: [], key: false, problem: mistake('wrong_type', 'a configuration is a map of keys') });
    return null;
  }
  const value = plainOf(tree);
  const result = fileSchema.safeParse(value);
  const sayAll = (path: Path, problem: Problem) => report({ path, key: false, problem });
  if (result.success) return composeConfig(result.data, defaults.hostname, sayAll);

  const found = result.error.issues.flatMap((issue) => explainIssue(issue, tree));
  const meant = new Set(found.flatMap(keyMeant));
  // A mistyped key is one mistake, although the right one is missing too.
  const isTold = ({ code }: Problem, path: Path) => code === 'missing_key' && meant.has(printPath(path));
  for (const each of found) if (!isTold(each.problem, each.path)) report(each);
  const bad = found.map(({ path }) => path);
  const sound = soundPart(value, bad);
  if (sound === null) return null;
  composeConfig(sound.written, defaults.hostname, (path, problem) => {
    const whole = sound.whole(path);
    if (!sound.left(whole) && !isTold(problem, whole)) sayAll(whole, problem);
  });
  return null;
}

const keyMeant = ({ path, problem: { code, suggestion } }: Found): readonly string[] =>
  code === 'unknown_key' && suggestion !== null ? [printPath([...path.slice(0, -1), suggestion])] : [];
