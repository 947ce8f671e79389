import { readYaml } from '../../../src/config/read-yaml.ts';
import type { Config } from '../../../src/model/config.ts';

/** Reads a YAML text as on the host `h`. */
export const yaml = (text: string) => readYaml(text, 'f.yaml', { hostname: 'h' });

/** The configuration of a text in which there are at most warnings. */
export function configOf(text: string): Config {
  const result = yaml(text);
  if (result.ok) return result.value.config;
  throw new Error(said(text).join('\n'));
}

/** `LINE:COLUMN SEVERITY CODE: MESSAGE` of everything that is said. */
export function said(text: string): readonly string[] {
  const result = yaml(text);
  return (result.ok ? result.value.warnings : result.error).map(
    ({ line, column, severity, code, message, suggestion }) =>
      `${line}:${column} ${severity} ${code}: ${message}${suggestion === null ? '' : ` → ${suggestion}`}`,
  );
}

/** An instance with these keys, on one line, sound by itself. */
export const instance = (name: string, keys = '', vrid = 51): string =>
  `  ${name}: { interface: eth0, virtual_router_id: ${vrid}, virtual_addresses: [10.0.0.${vrid}]${keys === '' ? '' : `, ${keys}`} }\n`;
