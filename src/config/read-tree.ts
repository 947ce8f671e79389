import type { Config } from '../model/config.ts';
import { composeConfig } from './compose/config.ts';
import { mistake, type Problem } from './diagnostic.ts';
import { explainIssue, type Found } from './issues.ts';
import { type Path, printPath } from './path.ts';
import { fileSchema } from './schema/file.ts';
import { soundPart } from './sound.ts';
import { plainOf, type YamlNode } from './yaml/tree.ts';

/**
 * What a tree of keys and values means as a configuration, or null when it means none. Reports every mistake and warning;
 * the configuration is worth something only if no error was reported.
 */
export function readTree(tree: YamlNode, hostname: string, report: (found: Found) => void): Config | null {
  if (tree.kind !== 'map') {
    report({ path: [], key: false, problem: mistake('wrong_type', 'a configuration is a map of keys') });
    return null;
  }
  const value = plainOf(tree);
  const result = fileSchema.safeParse(value);
  const sayAll = (path: Path, problem: Problem) => report({ path, key: false, problem });
  if (result.success) return composeConfig(result.data, hostname, sayAll);

  const found = result.error.issues.flatMap((issue) => explainIssue(issue, tree));
  const meant = new Set(found.flatMap(keyMeant));
  // A mistyped key is one mistake, although the right one is missing too.
  const isTold = ({ code }: Problem, path: Path) => code === 'missing_key' && meant.has(printPath(path));
  for (const each of found) if (!isTold(each.problem, each.path)) report(each);
  const bad = found.map(({ path }) => path);
  const sound = soundPart(value, bad);
  if (sound === null) return null;
  // A service of a bad fwmark, or of bad addresses, has no address either.
  const isMark = ({ code }: Problem, path: Path) =>
    code === 'missing_key' && ['fwmark', 'addresses'].some((key) => sound.left([...path.slice(0, -1), key]));
  composeConfig(sound.written, hostname, (path, problem) => {
    const whole = sound.whole(path);
    if (!sound.left(whole) && !isTold(problem, whole) && !isMark(problem, whole)) sayAll(whole, problem);
  });
  return null;
}

const keyMeant = ({ path, problem: { code, suggestion } }: Found): readonly string[] =>
  code === 'unknown_key' && suggestion !== null ? [printPath([...path.slice(0, -1), suggestion])] : [];
