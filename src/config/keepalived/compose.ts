import type { Config } from '../../model/config.ts';
import { composeConfig } from '../compose/config.ts';
import { mistake, type Problem, warning } from '../diagnostic.ts';
import type { Path } from '../path.ts';
import { FILE } from '../print/file-text.ts';
import type { WrittenService } from '../schema/services.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';
import { type Entrance, MOST_ENTRANCES, readEndpoint, readGroup, readMark } from './compose-endpoint.ts';
import { finishService, MOST_SERVERS } from './compose-finish.ts';
import { GLOBAL_READERS, type Globals, newGlobals } from './compose-global.ts';
import { type InstanceDraft, readInstance } from './compose-instance.ts';
import { finishInstance } from './compose-instance-finish.ts';
import { type Mark, markAt } from './compose-marks.ts';
import { fitName } from './compose-name.ts';
import { type Names, namesOf, sayUnknownNames } from './compose-names.ts';
import type { Notes, Owner } from './compose-notes.ts';
import { sayMalformed } from './compose-routes.ts';
import { enter, enterKnown, leaveAll, pathTo, type Readers, readBlock, type Scope } from './compose-scope.ts';
import { type Head, readService, type ServiceDraft } from './compose-service.ts';
import { sayAt, saySurplus } from './compose-values.ts';
import { rowOf } from './keywords/index.ts';
import { TOP } from './keywords/top.ts';
import type { FileSpan, Statement } from './statement.ts';

/** A file as it is being read. */
interface FileDraft {
  readonly globals: Globals;
  readonly names: Names;
  readonly instances: Map<string, InstanceDraft>;
  /** What they are called here. */
  readonly taken: Set<string>;
  readonly services: ServiceDraft[];
  readonly groups: Map<string, readonly Entrance[] | null>;
  entrancesLeft: number;
}

export interface Composed {
  /** Worth something only if no error was noted. */
  readonly config: Config;
  /** Where each part of it stands. */
  readonly root: Mark;
}

/** What the statements of a file mean. Everything there is to say of them is noted. `start` is the whole file. */
export function composeKeepalived(
  statements: readonly Statement[],
  hostname: string,
  notes: Notes,
  start: FileSpan,
): Composed {
  const root: Mark = { at: start, path: '', inside: new Map() };
  const names = namesOf(statements);
  const scope: Scope = {
    notes,
    block: TOP,
    path: '',
    of: { path: [] },
    names: names.get('vrrp_instance') ?? new Set(),
    seen: new Map(),
  };
  const file: FileDraft = {
    globals: newGlobals(root),
    names,
    instances: new Map(),
    taken: new Set(),
    services: [],
    groups: new Map(),
    entrancesLeft: MOST_ENTRANCES,
  };
  readBlock(statements, scope, FILE_READERS, file);
  sayMalformed(statements, scope);
  for (const statement of statements) sayNamesIn(statement, names, scope);
  const vrrp = finishInstances(file, root);
  const services = finishServices(file, root);
  const { hasErrors } = notes;
  const said = new Set<string>();
  const written = { ...FILE, router_id: file.globals.routerId, vrrp, services };
  const show = (path: Path): string => markAt(root, path).path;
  const sayOnce = (path: Path, problem: Problem): void => {
    // What is missing may only be missing because it has an error of its own.
    if (hasErrors && (problem.code === 'vip_without_service' || problem.code === 'service_without_vip'))
      return;
    const mark = markAt(root, path);
    const key = `${mark.at.start} ${mark.at.end} ${problem.code} ${mark.at.file}`;
    if (said.has(key)) return;
    said.add(key);
    notes.say(mark.at, problem, mark.path);
  };
  const config = composeConfig(written, hostname, sayOnce, show);
  notes.sayIdle();
  return { config, root };
}

const FILE_READERS: Readers<FileDraft> = {
  ...Object.fromEntries(['', 'r', 'm', 'w', 'b', 'a'].map((form) => [`include${form}`, sayInclude])),
  global_defs: (statement, { globals }, scope) => {
    saySurplus(statement, scope, 1);
    readBlock(statement.block ?? [], enterKnown(scope, statement), GLOBAL_READERS, globals);
  },
  vrrp_instance: readVrrpInstance,
  virtual_server_group: (statement, file, scope) => {
    const name = statement.words[1]?.text;
    if (name === undefined) {
      sayNameless(statement, scope);
      return;
    }
    saySurplus(statement, scope, 2);
    if (file.groups.has(name)) {
      skipSecond(statement, scope);
      return;
    }
    const group = readGroup(statement, scope, file.entrancesLeft);
    file.entrancesLeft -= group?.length ?? 0;
    file.groups.set(name, group);
  },
  virtual_server: (statement, file, scope) => {
    const head = readHead(statement, scope);
    const within = enterKnown(scope, statement, { path: [] });
    // What is in the block of a head with an error is read too, for its own errors.
    const stand: Head = { kind: 'group', name: '', word: statement.words[0] };
    const draft = readService(statement, head ?? stand, within, scope);
    if (head !== null) file.services.push(draft);
  },
};

/** Whoever reads lines follows includes; what comes here names no file. */
function sayInclude(statement: Statement, _file: FileDraft, scope: Scope): void {
  const [keyword] = statement.words;
  sayAt(scope, statement, keyword, mistake('missing_value', `"${keyword.text}" needs the name of a file`));
}

function sayNameless(statement: Statement, scope: Scope): void {
  const [keyword] = statement.words;
  sayAt(scope, statement, keyword, mistake('missing_value', `"${keyword.text}" needs a name`));
}

function skipSecond(statement: Statement, scope: Scope): void {
  const name = statement.words[1] ?? statement.words[0];
  const reason = `the first ${statement.words[0].text} of this name counts, and this one is left out`;
  sayAt(scope, statement, name, warning('entry_skipped', `${reason}, as by keepalived`));
  leaveAll(statement, scope, 'here', reason);
}

function readVrrpInstance(statement: Statement, file: FileDraft, scope: Scope): void {
  const word = statement.words[1];
  if (word === undefined) {
    sayNameless(statement, scope);
    return;
  }
  saySurplus(statement, scope, 2);
  if (file.instances.has(word.text)) {
    skipSecond(statement, scope);
    return;
  }
  const name = fitName(word, file.taken, statement, scope);
  const of: Owner = { path: ['vrrp', name] };
  const within = enterKnown(scope, statement, of);
  file.instances.set(word.text, readInstance(statement, name, within, scope));
}

function readHead(statement: Statement, scope: Scope): Head | null {
  const [keyword, word] = statement.words;
  if (word?.text === 'fwmark') return readMark(statement, 1, scope);
  if (word?.text === 'group') {
    const name = statement.words[2];
    saySurplus(statement, scope, 3);
    if (name !== undefined) return { kind: 'group', name: name.text, word: name };
    sayAt(scope, statement, keyword, mistake('missing_value', '"group" needs a name'));
    return null;
  }
  const endpoint = readEndpoint(statement, 1, scope);
  return endpoint === null ? null : { kind: 'address', ...endpoint, port: endpoint.port ?? 0 };
}

function sayNamesIn(statement: Statement, names: Names, scope: Scope): void {
  const inside = rowOf(TOP, statement.words[0].text)?.inside;
  if (inside === null || inside === undefined || inside === 'lines') return;
  const within = enter(scope, statement, inside);
  sayUnknownNames(statement, names, within);
  sayMalformed(statement.block ?? [], within);
}

function finishInstances({ instances, globals }: FileDraft, root: Mark): Record<string, WrittenInstance> {
  const list: Mark = { ...root, inside: new Map() };
  root.inside.set('vrrp', list);
  const written: [string, WrittenInstance][] = [];
  for (const draft of instances.values()) {
    const instance = finishInstance(draft, globals, written.length);
    if (instance === null) continue;
    list.inside.set(draft.name, draft.mark);
    written.push([draft.name, instance]);
  }
  return Object.fromEntries(written);
}

function finishServices({ services, groups }: FileDraft, root: Mark): Record<string, WrittenService> {
  const list: Mark = { ...root, inside: new Map() };
  root.inside.set('services', list);
  const written = new Map<string, WrittenService>();
  let room = MOST_SERVERS;
  for (const draft of services) {
    const entrances = entrancesOf(draft, groups);
    if (entrances === null) continue;
    for (const [i, { name, written: service, mark }] of finishService(draft, entrances, room).entries()) {
      room -= service.servers.length;
      if (i === 0) draft.scope.of.path = ['services', name];
      if (written.has(name)) {
        const text = `there is a service ${name} already, and the kernel has only one`;
        draft.scope.notes.say(mark.at, mistake('duplicate_service', text), mark.path);
        continue;
      }
      written.set(name, service);
      list.inside.set(name, mark);
    }
  }
  return Object.fromEntries(written);
}

/** Null after an error, also in the group. */
function entrancesOf({ head, scope }: ServiceDraft, groups: FileDraft['groups']): readonly Entrance[] | null {
  if (head.kind !== 'group') return [head];
  const group = groups.get(head.name);
  if (group !== undefined) return group;
  const suggestion = scope.notes.suggest(head.name, groups.keys());
  const problem = mistake('unknown_name', `there is no virtual_server_group "${head.name.slice(0, 60)}"`, {
    suggestion,
  });
  scope.notes.say(head.word, problem, pathTo({ ...scope, path: '' }, scope.path));
  return null;
}
