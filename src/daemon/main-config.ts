import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { err, ok, type Result } from '../base/result.ts';
import type { Diagnostic } from '../config/diagnostic.ts';
import { printDiagnostic } from '../config/print.ts';
import { readYaml } from '../config/read-yaml.ts';
import type { Loaded, Rejection } from './core.ts';

/** Why a file is not a configuration. */
export interface Refused {
  /** For logs: holds nothing of the file's text, which may be a password. */
  readonly lines: Rejection;
  /** For a person who may read the file: every mistake and warning under its source line. */
  readonly text: string;
}

/** Reads a configuration from a file. */
export function loadConfig(file: string): Result<Loaded, Refused> {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    const text = `cannot read the configuration: ${error instanceof Error ? error.message : String(error)}`;
    return err({ lines: [text], text });
  }
  const read = readYaml(source, file, { hostname: hostname() });
  if (read.ok) return ok({ config: read.value.config, warnings: read.value.warnings.map(line) });
  const [first = `${file} is not a configuration`, ...others] = read.error
    .filter(({ severity }) => severity === 'error')
    .map(line);
  const text = read.error.map((diagnostic) => printDiagnostic(diagnostic, source)).join('\n\n');
  return err({ lines: [first, ...others], text });
}

function line({ file, line: row, column, code, message, suggestion }: Diagnostic): string {
  const meant = suggestion === null ? '' : `; did you mean ${JSON.stringify(suggestion)}?`;
  return `${file}:${row}:${column}: ${message}${meant} [${code}]`;
}
