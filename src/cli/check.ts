import { compareDiagnostics } from '../config/diagnostic.ts';
import type { ConfigFormat } from '../config/format.ts';
import { judgeHost } from '../config/host.ts';
import { readConfig } from '../config/read.ts';
import { countDiagnostics, printReport, reportJson } from '../config/report.ts';
import { machineContext, machineFiles } from '../ipc/config-files.ts';
import { EXIT, type Terminal } from './command.ts';
import { hostFacts } from './host-facts.ts';

export interface CheckOptions {
  readonly output: 'text' | 'json';
  /** Warnings fail the check too. */
  readonly strict?: boolean;
  /** Looks at this machine as well. */
  readonly host?: boolean;
  readonly format?: ConfigFormat;
  readonly configId?: string;
}

/** Tells every mistake of a configuration file; needs no daemon and no privilege. */
export function checkFile(terminal: Terminal, file: string, options: CheckOptions): number {
  const reading = readConfig(
    file,
    machineContext(machineFiles, options.configId ?? null),
    options.format ?? null,
  );
  const { config, sources, placeOf } = reading;
  const lacks =
    options.host === true && config !== null
      ? judgeHost(config, hostFacts()).map(({ path, problem }) => ({ ...placeOf(path), ...problem }))
      : [];
  const diagnostics = lacks.length === 0 ? reading.diagnostics : byFile([...reading.diagnostics, ...lacks]);
  const report =
    options.output === 'json'
      ? reportJson(file, diagnostics)
      : printReport(file, config, diagnostics, sources);
  terminal.out(report);
  const { errors, warnings } = countDiagnostics(diagnostics);
  return errors > 0 || (options.strict === true && warnings > 0) ? EXIT.refused : EXIT.ok;
}

function byFile(diagnostics: readonly Parameters<typeof compareDiagnostics>[0][]) {
  const files = [...new Set(diagnostics.map(({ file }) => file))];
  return files.flatMap((file) => diagnostics.filter((each) => each.file === file).sort(compareDiagnostics));
}
