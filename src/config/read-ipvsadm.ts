import type { Config } from '../model/config.ts';
import { compareDiagnostics, type Diagnostic, mistake, type Problem } from './diagnostic.ts';
import { list, map } from './ipvsadm/nodes.ts';
import { type Option, type Options, optionsOf, type WordReport, wordsOf } from './ipvsadm/options.ts';
import { serverOf } from './ipvsadm/server.ts';
import { type Selected, selectedBy, serviceEntries } from './ipvsadm/service.ts';
import { type Path, printPath, spanAt } from './path.ts';
import { readTree } from './read-tree.ts';
import type { ConfigDefaults } from './read-yaml.ts';
import type { Reading } from './reading.ts';
import { placesOf, type Span } from './source.ts';
import type { YamlMap, YamlNode } from './yaml/tree.ts';

/** Options that only one of the commands takes. */
const OF_SERVICE = ['scheduler', 'persistent', 'netmask', 'pe', 'sched-flags', 'ops'];
const OF_SERVER = [
  ...['real-server', 'gatewaying', 'ipip', 'masquerading', 'weight', 'u-threshold', 'l-threshold'],
  ...['tun-type', 'tun-port', 'tun-nocsum', 'tun-csum', 'tun-remcsum'],
];
const COMMANDS = [
  ...['add-service', 'add-server', 'edit-service', 'edit-server', 'delete-service', 'delete-server', 'clear'],
  ...['restore', 'save', 'list', 'zero', 'set', 'start-daemon', 'stop-daemon'],
];

const NO_COMMAND = mistake('missing_key', 'a line needs a command: -A for a service, -a for a server');

interface Described extends Selected {
  readonly options: Options;
  readonly line: Span;
  readonly servers: YamlNode[];
}

/**
 * Reads what `ipvsadm -Sn` prints, of version 1.26 or 1.31, or a script of such lines: services and servers without
 * checks. A leading `ipvsadm`, blank lines, lines that begin with `#` and a first line `-C` are skipped. Total.
 */
export function readIpvsadm(source: string, file: string, defaults: ConfigDefaults): Reading {
  const placeOf = placesOf(source);
  const diagnostics: Diagnostic[] = [];
  const report = (span: Span, problem: Problem, path: Path = []) => {
    diagnostics.push({ file, ...placeOf(span), ...problem, path: printPath(path) });
  };
  const tree = treeOf(source, report);
  const config: Config | null = readTree(tree, defaults.hostname, ({ path, key, problem }) =>
    report(spanAt(tree, path, key), problem, path),
  );
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  return {
    config: failed ? null : config,
    diagnostics: diagnostics.sort(compareDiagnostics),
    sources: new Map([[file, source]]),
    leftOut: [],
    placeOf: (path) => ({ file, ...placeOf(spanAt(tree, path, false)), path: printPath(path) }),
  };
}

function treeOf(source: string, report: WordReport): YamlMap {
  const services = new Map<string, Described>();
  let start = 0;
  for (const line of source.split('\n')) {
    readLine(line, start, services, report);
    start += line.length + 1;
  }
  const all = { start: 0, end: source.length };
  const entries = [...services.values()].map(({ name, at, entries, options, line, servers }) => {
    const node = map({ ...entries, ...serviceEntries(options, report), servers: list(servers, at) }, line);
    return [name, { key: at, node }] as const;
  });
  return map({ services: { kind: 'map', entries: new Map(entries), ...all } }, all);
}

function readLine(line: string, start: number, services: Map<string, Described>, report: WordReport) {
  const words = wordsOf(line.replace(/^\uFEFF/, ' '), start);
  const named = /^(?:\/\S*\/)?ipvsadm$/.test(words[0]?.text ?? '');
  const [first, ...rest] = named ? words.slice(1) : words;
  if (first === undefined || first.text.startsWith('#')) return;
  if (!first.text.startsWith('-')) {
    report(first, NO_COMMAND);
    return;
  }
  const options = optionsOf([first, ...rest], report);
  const [command, ...others] = COMMANDS.flatMap((name) => {
    const option = options.get(name);
    return option === undefined ? [] : [{ name, option }];
  });
  if (command === undefined) {
    report(first, NO_COMMAND);
    return;
  }
  for (const { option } of others) {
    report(
      option.word,
      mistake('conflicting_keys', `a line has one command, and this one has ${command.option.word.text}`),
    );
  }
  const span = { start: first.start, end: (rest.at(-1) ?? first).end };
  if (command.name === 'add-service') addService(options, command.option, span, services, report);
  else if (command.name === 'add-server') addServer(options, command.option, span, services, report);
  else if (command.name !== 'clear' || services.size > 0) {
    report(command.option.word, mistake('not_supported', refusal(command.name, command.option)));
  }
}

function refusal(name: string, { word }: Option): string {
  if (name === 'edit-service') return `${word.text} changes a service; write it once with -A, as it is to be`;
  if (name === 'edit-server') return `${word.text} changes a server; write it once with -a, as it is to be`;
  return `${word.text} has no place in a saved table: it has lines of -A and -a`;
}

function addService(
  options: Options,
  command: Option,
  line: Span,
  services: Map<string, Described>,
  report: WordReport,
) {
  sayForeign(OF_SERVER, 'a server, which -a adds', options, report);
  const selected = selectedBy(options, command, report);
  if (selected === null) return;
  if (services.has(selected.name)) {
    report(selected.at, mistake('duplicate_service', 'a line above adds this service already'));
  } else services.set(selected.name, { ...selected, options, line, servers: [] });
}

function addServer(
  options: Options,
  command: Option,
  line: Span,
  services: Map<string, Described>,
  report: WordReport,
) {
  sayForeign(OF_SERVICE, 'a service, which -A adds', options, report);
  const selected = selectedBy(options, command, report);
  const server = serverOf(options, command, line, report);
  if (selected === null) return;
  const service = services.get(selected.name);
  if (service === undefined) {
    report(selected.at, mistake('unknown_name', 'no line above adds this service: -A comes before its -a'));
  } else if (server !== null) service.servers.push(server);
}

function sayForeign(names: readonly string[], what: string, options: Options, report: WordReport) {
  for (const name of names) {
    const option = options.get(name);
    if (option === undefined) continue;
    report(option.word, mistake('conflicting_keys', `${option.word.text} belongs to ${what}`));
  }
}
