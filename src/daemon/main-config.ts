import { err, ok, type Result } from '../base/result.ts';
import type { Diagnostic } from '../config/diagnostic.ts';
import { printDiagnostics } from '../config/print.ts';
import { readConfig } from '../config/read.ts';
import { machineContext } from '../ipc/config-files.ts';
import type { ConfigFiles } from '../model/files.ts';
import type { Loaded, Rejection } from './core.ts';

/** Why a file is not a configuration. */
export interface Refused {
  /** For logs: messages, which may quote keys and values of the file, but no source lines and no passwords. */
  readonly lines: Rejection;
  /** For a person who may read the file: every mistake and warning under its source line. */
  readonly text: string;
}

/** Reads a configuration; `configId` is what `@ID` lines of a keepalived.conf are compared with. */
export function loadConfig(
  file: string,
  configId: string | null,
  files: ConfigFiles,
): Result<Loaded, Refused> {
  const { config, diagnostics, sources } = readConfig(file, machineContext(files, configId), null);
  if (config !== null) return ok({ config, warnings: diagnostics.map(line) });
  const [first = `${file} is not a configuration`, ...others] = diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(line);
  const text = printDiagnostics(diagnostics, sources).join('\n\n');
  return err({ lines: [first, ...others], text });
}

function line({ file, line: row, column, code, message, suggestion }: Diagnostic): string {
  const meant = suggestion === null ? '' : `; did you mean ${JSON.stringify(suggestion)}?`;
  return `${file}:${row}:${column}: ${message}${meant} [${code}]`;
}
