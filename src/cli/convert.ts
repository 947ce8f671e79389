import { convert } from '../config/convert.ts';
import { type ConfigFormat, formatOf, isIpvsadmSave } from '../config/format.ts';
import { readConfig } from '../config/read.ts';
import { readIpvsadm } from '../config/read-ipvsadm.ts';
import type { Reading } from '../config/reading.ts';
import { countDiagnostics, printReport } from '../config/report.ts';
import { machineContext, machineFiles } from '../ipc/config-files.ts';
import { EXIT, type Terminal } from './command.ts';

export interface ConvertOptions {
  readonly from?: ConfigFormat | 'ipvsadm';
  readonly to?: ConfigFormat;
  readonly configId?: string;
}

/** Prints a configuration in another language; what could not be carried over stands in it as comments. */
export function convertFile(
  terminal: Terminal,
  given: string,
  { from, to, configId }: ConvertOptions,
): number {
  const file = given === '-' ? '/dev/stdin' : given;
  const context = machineContext(machineFiles, configId ?? null);
  const text = machineFiles.read(file);
  if (!text.ok) {
    terminal.error(`lbctl: cannot read ${given}: ${text.error}\n`);
    return EXIT.refused;
  }
  // What was read from a pipe cannot be read twice.
  const files = { ...machineFiles, read: (name: string) => (name === file ? text : machineFiles.read(name)) };
  const source = from ?? (isIpvsadmSave(text.value) ? 'ipvsadm' : formatOf(file, text.value));
  const reading: Reading =
    source === 'ipvsadm'
      ? readIpvsadm(text.value, file, context)
      : readConfig(file, { ...context, files }, source);
  if (reading.config === null) {
    terminal.error(printReport(file, null, reading.diagnostics, reading.sources));
    return EXIT.refused;
  }
  const { warnings } = countDiagnostics(reading.diagnostics);
  if (warnings > 0) terminal.error(printReport(file, reading.config, reading.diagnostics, reading.sources));
  terminal.out(convert(reading, to ?? (source === 'yaml' ? 'keepalived' : 'yaml'), context.hostname));
  return EXIT.ok;
}
