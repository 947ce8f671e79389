import { mistake } from './diagnostic.ts';
import type { ReadContext } from './files.ts';
import { type ConfigFormat, formatOf } from './format.ts';
import { type Path, printPath } from './path.ts';
import { readKeepalived } from './read-keepalived.ts';
import { readYaml } from './read-yaml.ts';
import type { FilePlace, Reading } from './reading.ts';

/** Reads the configuration in a file, in the language that its name or text says, unless `format` does. Total. */
export function readConfig(file: string, context: ReadContext, format: ConfigFormat | null): Reading {
  const text = context.files.read(file);
  if (!text.ok) return unreadable(file, text.error);
  if ((format ?? formatOf(file, text.value)) === 'keepalived') {
    const { files } = context;
    // What comes from a pipe cannot be read twice.
    const read = (name: string) => (name === file ? text : files.read(name));
    return readKeepalived(file, { ...context, files: { ...files, read } });
  }
  const read = readYaml(text.value, file, context);
  const sources = new Map([[file, text.value]]);
  if (!read.ok)
    return { config: null, diagnostics: read.error, sources, leftOut: [], placeOf: startOf(file) };
  const { config, warnings, placeOf } = read.value;
  return { config, diagnostics: warnings, sources, leftOut: [], placeOf };
}

function unreadable(file: string, because: string): Reading {
  const problem = mistake('unreadable', `cannot read the file: ${because}`);
  const placeOf = startOf(file);
  const diagnostics = [{ ...placeOf([]), ...problem }];
  return { config: null, diagnostics, sources: new Map(), leftOut: [], placeOf };
}

const startOf =
  (file: string) =>
  (path: Path): FilePlace => ({ file, line: 1, column: 1, length: 1, path: printPath(path) });
