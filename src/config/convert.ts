import type { ConfigFormat } from './format.ts';
import { printKeepalived } from './print-keepalived.ts';
import { printYaml } from './print-yaml.ts';
import type { Reading } from './reading.ts';

/**
 * What was read, in another language; what could not be carried over stands in it as comments. The reading must have a
 * configuration. A router_id that is `hostname` is left out, for each machine to fill in.
 */
export function convert(
  { config, leftOut }: Reading,
  to: ConfigFormat,
  hostname: string | null = null,
): string {
  if (config === null) throw new Error('there is no configuration to convert');
  return to === 'yaml'
    ? printYaml(config, leftOut, hostname)
    : printKeepalived(config, leftOut, hostname).text;
}
