import type { Config } from '../../model/config.ts';
import { composeConfig } from '../compose/config.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import type { Path } from '../path.ts';
import { FILE } from '../print/file-text.ts';
import type { RouteNames } from '../routes/names.ts';
import { namespaceName } from '../schema/scalars.ts';
import type { WrittenService } from '../schema/services.ts';
import type { WrittenSyncGroup } from '../schema/sync-groups.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';
import type { CheckFields } from './compose-check.ts';
import { path } from './compose-command.ts';
import {
  countEntrances,
  type Entrance,
  MOST_ENTRANCES,
  readEndpoint,
  readGroup,
  readMark,
} from './compose-endpoint.ts';
import { finishService, MOST_SERVERS } from './compose-finish.ts';
import { GLOBAL_READERS, type Globals, newGlobals } from './compose-global.ts';
import { finishGroup, type GroupDraft, readSyncGroup } from './compose-groups.ts';
import { type InstanceDraft, readInstance } from './compose-instance.ts';
import { finishInstance } from './compose-instance-finish.ts';
import { finishIpvs, IPVS_READERS, type Ipvs, newIpvs, takeOldSyncDaemon } from './compose-ipvs.ts';
import { Mark, markAt } from './compose-marks.ts';
import { fittingName } from './compose-name.ts';
import { type Listed, newList, readNamed, sayNameless, skipSecond, valuesOf } from './compose-named.ts';
import { type Names, namesOf, sayUnknownNames } from './compose-names.ts';
import type { Notes } from './compose-notes.ts';
import { newPaces, PACE_READERS, type Paces } from './compose-pace.ts';
import { enter, enterKnown, type Reader, type Readers, readBlock, type Scope } from './compose-scope.ts';
import { type Head, readService, type ServiceDraft } from './compose-service.ts';
import { finishSinks, newSinks, notifyDefaults, SINK_READERS, type Sinks } from './compose-sinks.ts';
import { newStatics, STATIC_READERS, type Statics } from './compose-statics.ts';
import {
  calledOf,
  finishTrackers,
  newTrackers,
  TRACKER_READERS,
  type Trackers,
} from './compose-tracker-lists.ts';
import { read, sayAt, saySurplus, schemed } from './compose-values.ts';
import { rowOf } from './keywords/index.ts';
import { TOP } from './keywords/top.ts';
import type { FileSpan, Statement } from './statement.ts';

/** The block global_defs. */
type GlobalDefs = Globals & Sinks & { readonly ipvs: Ipvs };

/** A file as it is being read. */
interface FileDraft {
  readonly globals: GlobalDefs;
  readonly names: Names;
  readonly instances: Listed<InstanceDraft>;
  readonly groups: Listed<GroupDraft>;
  readonly trackers: Trackers;
  readonly statics: Statics;
  readonly paces: Paces;
  /** Read last, and each to its end: what is known of a service while it is read is much for 100,000 servers. */
  readonly services: Statement[];
  readonly serverGroups: Map<string, readonly Entrance[] | null>;
  netNamespace: string | undefined;
  /** What SSL says for all checks by SSL_GET. */
  readonly tls: CheckFields;
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
  routeNames: RouteNames,
): Composed {
  const root = new Mark(start, { path: '' });
  const names = namesOf(statements);
  const scope: Scope = { notes, routeNames, block: TOP, path: '', of: { path: [] } };
  const file: FileDraft = {
    globals: { ...newGlobals(root), ...newSinks(), ipvs: newIpvs(root) },
    names,
    instances: newList('vrrp', root),
    groups: newList('sync_groups', root),
    trackers: newTrackers(root),
    statics: newStatics(root),
    paces: newPaces(root),
    services: [],
    serverGroups: new Map(),
    netNamespace: undefined,
    tls: {},
    entrancesLeft: MOST_ENTRANCES,
  };
  readBlock(statements, scope, FILE_READERS, file);
  for (const statement of statements) sayNamesIn(statement, names, scope);
  const sinks = finishSinks(file.globals, root, ({ at, path }, problem) => notes.say(at, problem, path));
  const vrrp = finishInstances(file);
  const syncGroups = finishGroups(file, vrrp);
  const services = readServices(file, root, scope);
  const { hasErrors } = notes;
  const said = new Set<string>();
  const written = {
    ...FILE,
    router_id: file.globals.routerId,
    net_namespace: file.netNamespace,
    ...sinks,
    garp_groups: file.paces.garp_groups,
    interface_up_down_delays: file.paces.interface_up_down_delays,
    vrrp,
    sync_groups: syncGroups,
    ...finishTrackers(file.trackers),
    static_addresses: file.statics.static_addresses.map((address) => ({
      ...address,
      dev: address.dev ?? file.globals.defaultInterface ?? DEFAULT_INTERFACE,
    })),
    static_routes: file.statics.static_routes,
    static_rules: file.statics.static_rules,
    ipvs: finishIpvs(file.globals.ipvs, (name) => file.instances.found.get(name)?.name ?? null),
    services,
  };
  const show = (path: Path): string => markAt(root, path).path;
  const sayOnce = (path: Path, problem: Problem): void => {
    // What is missing may only be missing because it has an error of its own.
    if (hasErrors && MAY_FOLLOW.has(problem.code)) return;
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

/** keepalived's, for static addresses that name none. */
const DEFAULT_INTERFACE = 'eth0';

/** What another mistake may be the cause of. */
const MAY_FOLLOW: ReadonlySet<string> = new Set([
  'vip_without_service',
  'service_without_vip',
  'unused_tracker',
]);

/** Reads with the readers of a part of the draft. */
const within = <Part, Whole = FileDraft>(
  readers: Readers<Part>,
  partOf: (whole: Whole) => Part,
): Readers<Whole> =>
  Object.fromEntries(
    Object.entries(readers).map(([keyword, read]): [string, Reader<Whole>] => [
      keyword,
      (statement, whole, scope) => read(statement, partOf(whole), scope),
    ]),
  );

const GLOBAL_DEFS_READERS: Readers<GlobalDefs> = {
  ...GLOBAL_READERS,
  ...SINK_READERS,
  ...within(IPVS_READERS, ({ ipvs }: GlobalDefs) => ipvs),
};

const FILE_READERS: Readers<FileDraft> = {
  ...Object.fromEntries(['', 'r', 'm', 'w', 'b', 'a'].map((form) => [`include${form}`, sayInclude])),
  global_defs: (statement, { globals }, scope) => {
    saySurplus(statement, scope, 1);
    readBlock(statement.block ?? [], enterKnown(scope, statement), GLOBAL_DEFS_READERS, globals);
  },
  net_namespace: (statement, file, scope) => {
    file.netNamespace = read(statement, scope, schemed(namespaceName))?.value;
  },
  SSL: (statement, { tls }, scope) => {
    saySurplus(statement, scope, 1);
    readBlock(statement.block ?? [], enterKnown(scope, statement), TLS_READERS, tls);
  },
  ...within(TRACKER_READERS, ({ trackers }) => trackers),
  ...within(STATIC_READERS, ({ statics }) => statics),
  ...within(PACE_READERS, ({ paces }) => paces),
  vrrp_instance: (statement, { instances }, scope) =>
    readNamed(statement, instances, scope, (name, within) => {
      const draft = readInstance(statement, name, within, scope);
      return { value: draft, mark: draft.mark };
    }),
  vrrp_sync_group: (statement, { groups, names }, scope) =>
    readNamed(statement, groups, scope, (name, within) => {
      const known = names.get('vrrp_instance') ?? new Set();
      const draft = readSyncGroup(statement, name, known, within, scope);
      return { value: draft, mark: draft.mark };
    }),
  virtual_server_group: (statement, file, scope) => {
    const name = statement.words[1]?.text;
    if (name === undefined) {
      sayNameless(statement, scope);
      return;
    }
    saySurplus(statement, scope, 2);
    if (file.serverGroups.has(name)) {
      skipSecond(statement, scope);
      return;
    }
    const group = readGroup(statement, scope, file.entrancesLeft);
    file.entrancesLeft -= countEntrances(group ?? []);
    file.serverGroups.set(name, group);
  },
  virtual_server: (statement, { services }) => {
    services.push(statement);
  },
};

const TLS_READERS: Readers<CheckFields> = {
  certificate: (statement, tls, scope) => {
    tls.certificate = read(statement, scope, path)?.value;
  },
  key: (statement, tls, scope) => {
    tls.key = read(statement, scope, path)?.value;
  },
};

/** Whoever reads lines follows includes; what comes here names no file. */
function sayInclude(statement: Statement, _file: FileDraft, scope: Scope): void {
  const [keyword] = statement.words;
  sayAt(scope, statement, keyword, mistake('missing_value', `"${keyword.text}" needs the name of a file`));
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
  if (endpoint === null) return null;
  const { address, port, word: at } = endpoint;
  return { kind: 'address', first: address, count: 1, port: port ?? 0, word: at };
}

function sayNamesIn(statement: Statement, names: Names, scope: Scope): void {
  const inside = rowOf(TOP, statement.words[0].text)?.inside;
  if (inside === null || inside === undefined || inside === 'lines') return;
  const within = enter(scope, statement, inside);
  sayUnknownNames(statement, names, within);
}

function finishInstances({ instances, trackers, globals }: FileDraft): Record<string, WrittenInstance> {
  const around = { globals, called: calledOf(trackers), notify: notifyDefaults(globals) };
  const written: [string, WrittenInstance][] = [];
  for (const [name, draft] of valuesOf(instances)) {
    takeOldSyncDaemon(globals.ipvs, draft);
    const instance = finishInstance(draft, around, written.length);
    if (instance !== null) written.push([name, instance]);
  }
  return Object.fromEntries(written);
}

function finishGroups(
  { groups, instances, trackers, globals }: FileDraft,
  vrrp: Readonly<Record<string, WrittenInstance>>,
): Record<string, WrittenSyncGroup> {
  const members = new Map(
    [...instances.found].map(([word, { name }]) => [word, Object.hasOwn(vrrp, name) ? name : null]),
  );
  const written = valuesOf(groups).flatMap(([name, draft]): [string, WrittenSyncGroup][] => {
    const group = finishGroup(draft, members, calledOf(trackers), notifyDefaults(globals));
    return group === null ? [] : [[name, group]];
  });
  return Object.fromEntries(written);
}

function readServices(
  { services, serverGroups, tls }: FileDraft,
  root: Mark,
  scope: Scope,
): Record<string, WrittenService> {
  const list = root.with();
  root.inside.set('services', list);
  const written = new Map<string, WrittenService>();
  let room = MOST_SERVERS;
  for (const statement of services) {
    const head = readHead(statement, scope);
    const within = enterKnown(scope, statement, { path: [] });
    // What is in the block of a head with an error is read too, for its own errors.
    const stand: Head = { kind: 'group', name: '', word: statement.words[0] };
    const draft = readService(statement, head ?? stand, within);
    const entrances = head === null ? null : entrancesOf(draft, serverGroups);
    if (entrances === null) continue;
    const finished = finishService(draft, entrances, room, tls, (group, protocol) =>
      groupName(group, protocol, written),
    );
    if (finished === null) continue;
    const { name, written: service, mark } = finished;
    room -= service.servers.length * countEntrances(entrances);
    draft.scope.of.path = ['services', name];
    if (written.has(name)) {
      const text = `there is a service ${name} already, and the kernel has only one`;
      draft.scope.notes.say(mark.at, mistake('duplicate_service', text), mark.path);
      continue;
    }
    written.set(name, service);
    list.inside.set(name, mark);
  }
  return Object.fromEntries(written);
}

/** What the service of a group is called: as the group, with its protocol where another service has that name. */
function groupName(group: string, protocol: string, taken: ReadonlyMap<string, unknown>): string {
  const own = fittingName(group);
  const names = [own, `${own}:${protocol}`];
  for (let i = 2; ; i++) {
    const free = names.find((name) => !taken.has(name));
    if (free !== undefined) return free;
    names.push(`${own}:${protocol}:${i}`);
  }
}

/** Null after an error, also in the group. */
function entrancesOf(
  { head, scope }: ServiceDraft,
  groups: FileDraft['serverGroups'],
): readonly Entrance[] | null {
  if (head.kind !== 'group') return [head];
  const group = groups.get(head.name);
  if (group !== undefined) return group;
  const suggestion = scope.notes.suggest(head.name, groups.keys());
  const problem = mistake('unknown_name', `there is no virtual_server_group "${head.name.slice(0, 60)}"`, {
    suggestion,
  });
  scope.notes.say(head.word, problem, scope.path);
  return null;
}
