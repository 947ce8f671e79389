import type { Diagnostic } from './diagnostic.ts';
import type { ConfigFormat } from './format.ts';
import { printKeepalived } from './print-keepalived.ts';
import { printYaml } from './print-yaml.ts';
import type { LeftOut, Reading } from './reading.ts';

/**
 * What was read, in another language; what could not be carried over stands in it as comments. The reading must have a
 * configuration. A router_id that is `hostname` is left out, for each machine to fill in.
 */
export function convert(
  { config, leftOut, diagnostics }: Reading,
  to: ConfigFormat,
  hostname: string | null = null,
): string {
  if (config === null) throw new Error('there is no configuration to convert');
  const notes = [...diagnostics.flatMap(replaced), ...leftOut];
  return to === 'yaml' ? printYaml(config, notes, hostname) : printKeepalived(config, notes, hostname).text;
}

/** A value in whose place stands another one. */
function replaced({ code, file, line, path, message }: Diagnostic): readonly LeftOut[] {
  if (code !== 'value_replaced' && code !== 'password_truncated') return [];
  return [{ file, line, text: path, of: [], why: 'here', reason: message }];
}
