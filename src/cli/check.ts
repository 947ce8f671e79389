import { type ConfigCode, compareDiagnostics } from '../config/diagnostic.ts';
import type { ConfigFormat } from '../config/format.ts';
import { diagnoseHost } from '../config/host.ts';
import { readConfig } from '../config/read.ts';
import { countDiagnostics, printReport, reportJson } from '../config/report.ts';
import { machineContext, machineFiles } from '../ipc/config-files.ts';
import { tlsFaults } from './check-files.ts';
import { EXIT, type Terminal } from './command.ts';
import { hostFacts } from './host-facts.ts';

export interface CheckOptions {
  readonly output: 'text' | 'json';
  /** Warnings fail the check too, but for keywords without effect. */
  readonly strict?: boolean;
  /** Looks at this machine as well. */
  readonly host?: boolean;
  readonly format?: ConfigFormat;
  readonly configId?: string;
}

/** No mistakes: a file from keepalived may well have them. */
const WITHOUT_EFFECT: ReadonlySet<ConfigCode> = new Set<ConfigCode>(['no_effect_here', 'no_effect_yet']);

/** Tells every mistake of a configuration file; needs no daemon and no privilege. */
export function checkFile(terminal: Terminal, given: string, options: CheckOptions): number {
  const file = given === '-' ? '/dev/stdin' : given;
  const reading = readConfig(
    file,
    machineContext(machineFiles, options.configId ?? null),
    options.format ?? null,
  );
  const { config, sources } = reading;
  const lacks = options.host === true ? diagnoseHost(reading, hostFacts(), tlsFaults) : [];
  const diagnostics = lacks.length === 0 ? reading.diagnostics : byFile([...reading.diagnostics, ...lacks]);
  const report =
    options.output === 'json'
      ? reportJson(file, diagnostics)
      : printReport(file, config, diagnostics, sources);
  terminal.out(report);
  const { errors } = countDiagnostics(diagnostics);
  const fails = options.strict === true && diagnostics.some(({ code }) => !WITHOUT_EFFECT.has(code));
  return errors > 0 || fails ? EXIT.refused : EXIT.ok;
}

function byFile(diagnostics: readonly Parameters<typeof compareDiagnostics>[0][]) {
  const files = [...new Set(diagnostics.map(({ file }) => file))];
  return files.flatMap((file) => diagnostics.filter((each) => each.file === file).sort(compareDiagnostics));
}
