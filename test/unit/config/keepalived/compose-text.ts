import { err, ok } from '../../../../src/base/result.ts';
import type { Diagnostic } from '../../../../src/config/diagnostic.ts';
import { readKeepalived } from '../../../../src/config/read-keepalived.ts';
import type { Reading } from '../../../../src/config/reading.ts';
import type { Config, InstanceConfig, ServiceConfig } from '../../../../src/model/config.ts';

export const MAIN = '/etc/keepalived/keepalived.conf';

/** Reads a text as the file MAIN on a machine that also has these files. */
export function readText(text: string, files: Readonly<Record<string, string>> = {}): Reading {
  const all: Readonly<Record<string, string>> = { ...files, [MAIN]: text };
  return readKeepalived(MAIN, {
    files: {
      read: (name) => {
        const found = all[name];
        return found === undefined ? err('there is no such file') : ok(found);
      },
      match: (name) => Object.keys(all).filter((each) => each === name),
    },
    hostname: 'lb1',
    configId: null,
    env: () => undefined,
    random: () => 0,
  });
}

/** The configuration of a text in which there are at most warnings. */
export function configOf(text: string): Config {
  const { config, diagnostics } = readText(text);
  if (config !== null) return config;
  throw new Error(diagnostics.map(say).join('\n'));
}

export const say = ({ line, column, severity, code, message }: Diagnostic): string =>
  `${line}:${column} ${severity} ${code}: ${message}`;

/** `LINE:COLUMN SEVERITY CODE` of everything that is said. */
export const said = (text: string): readonly string[] =>
  readText(text).diagnostics.map(
    ({ line, column, severity, code }) => `${line}:${column} ${severity} ${code}`,
  );

/** What is said first, or a failure. */
export function firstSaid(text: string): Diagnostic {
  const [first] = readText(text).diagnostics;
  if (first === undefined) throw new Error('nothing was said');
  return first;
}

/** An instance with these lines, sound by itself. */
export const instance = (lines: string, name = 'VI_1'): string =>
  `vrrp_instance ${name} {
interface eth0
virtual_router_id 51
virtual_ipaddress { 10.0.0.1 }
${lines}
}
`;

/** Line 5 of the text is the first of `lines`. */
export const INSTANCE_LINE = 5;

export function instanceOf(text: string): InstanceConfig {
  const [only] = configOf(text).instances;
  if (only === undefined) throw new Error('there is no instance');
  return only;
}

/** A service by TCP with these lines, and a server if they have none. */
export const service = (lines: string, head = '10.0.0.1 80'): string =>
  `virtual_server ${head} {
protocol TCP
${lines}
${lines.includes('real_server') ? '' : 'real_server 10.0.1.1 80 { }'}
}
`;

export const servicesOf = (text: string): readonly ServiceConfig[] => configOf(text).services;

export function serviceOf(text: string): ServiceConfig {
  const [only] = servicesOf(text);
  if (only === undefined) throw new Error('there is no service');
  return only;
}
