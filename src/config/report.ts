import type { Config } from '../model/config.ts';
import type { Diagnostic } from './diagnostic.ts';
import { printDiagnostics } from './print.ts';

/** How many mistakes and warnings there are. */
export function countDiagnostics(diagnostics: readonly Diagnostic[]) {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  return { errors, warnings: diagnostics.length - errors };
}

/**
 * Every diagnostic under its source line, and a last line with the sum: `lbd.yaml: 2 errors, 1 warning`. For a file
 * without mistakes that line says what it holds.
 */
export function printReport(
  file: string,
  config: Config | null,
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
): string {
  const { errors, warnings } = countDiagnostics(diagnostics);
  const told = printDiagnostics(diagnostics, sources).map((each) => `${each}\n\n`);
  const sums = [
    ...(errors > 0 ? [count(errors, 'error')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
    ...(config === null || errors > 0 ? [] : [contentOf(config)]),
  ];
  return `${told.join('')}${file}: ${sums.join(', ')}\n`;
}

/** The same for programs. */
export function reportJson(file: string, diagnostics: readonly Diagnostic[]): string {
  const { errors, warnings } = countDiagnostics(diagnostics);
  return `${JSON.stringify({ schema_version: 1, file, errors, warnings, diagnostics }, null, 2)}\n`;
}

function contentOf({ instances, services }: Config): string {
  const servers = services.reduce((sum, service) => sum + service.servers.length, 0);
  return `sound: ${count(instances.length, 'instance')}, ${count(services.length, 'service')}, ${count(servers, 'server')}`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
