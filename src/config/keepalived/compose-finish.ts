import { type Family, ipFamily, printEndpoint } from '../../base/ip.ts';
import { seconds } from '../../base/units.ts';
import { destKey } from '../../model/services.ts';
import { mistake, type Problem, warning } from '../diagnostic.ts';
import type { WrittenEntrance } from '../schema/entrances.ts';
import { SCHEDULER_FLAGS, type WrittenServer, type WrittenService } from '../schema/services.ts';
import type { CheckFields } from './compose-check.ts';
import { countEntrances, type Entrance } from './compose-endpoint.ts';
import { Mark } from './compose-marks.ts';
import { leaveAll, leaveIdle } from './compose-scope.ts';
import { finishServer, type ServerDraft, sayForcedPort } from './compose-server.ts';
import { type ServiceDraft, type SharedFields, sharedFields } from './compose-service.ts';
import { here } from './keywords/row.ts';

export interface FinishedService {
  readonly name: string;
  readonly written: WrittenService;
  readonly mark: Mark;
}

/** Of all services together; a group has all servers at each of its addresses. */
export const MOST_SERVERS = 200_000;

/** What YAML would say for a virtual_server; null for one that is left out. `nameOf` gives a group a name of its own. */
export function finishService(
  draft: ServiceDraft,
  entrances: readonly Entrance[],
  room: number,
  tls: CheckFields,
  nameOf: (group: string, protocol: string) => string,
): FinishedService | null {
  const [entrance] = entrances;
  if (entrance === undefined) return null;
  if (draft.servers.length === 0) {
    if (!draft.broken.has('servers'))
      sayHead(draft, warning('no_servers', 'this service has no servers: it is left out'));
    leaveAll({ ...draft.statement, block: null }, draft.scope, 'yet', 'it has no servers');
    return null;
  }
  if (countEntrances(entrances) * draft.servers.length > room) {
    sayHead(draft, mistake('too_large', `services have at most ${MOST_SERVERS} servers together`));
    return null;
  }
  sayFlags(draft);
  const hasAddress = entrances.some(({ kind }) => kind === 'address');
  const hasPort = entrances.every((each) => each.kind === 'fwmark' || each.port !== 0);
  const protocol = protocolOf(draft, hasAddress);
  const isOps = opsOf(draft, hasAddress ? protocol : 'udp');
  sayPersistence(draft, hasPort);
  const shared: SharedFields = sharedFields(draft, isOps);
  const family = familyOf(draft, entrances);
  const port = entrance.kind === 'address' ? entrance.port : 0;
  const kept = keptServers(draft, shared, port, tls);
  const inside = new Map<string | number, Mark>([
    ...draft.mark.inside,
    ['servers', draft.mark.with(kept.map(({ mark }) => mark))],
  ]);
  const mark = draft.mark.with(inside);
  const written = {
    ...shared,
    ...finishSorry(draft, shared, port),
    servers: kept.map(({ written }) => written),
  };
  if (draft.head.kind === 'group') {
    const addresses = entrances.map(
      (each): WrittenEntrance =>
        each.kind === 'address'
          ? { first: each.first, count: each.count, port: each.port }
          : { fwmark: each.fwmark, ip_family: each.family ?? draft.family ?? family },
    );
    const places = entrances.map(({ word }, i) => [i, new Mark(word, draft.mark)] as const);
    inside.set('addresses', draft.mark.with(new Map(places)));
    const name = nameOf(draft.head.name, protocol);
    return { name, mark, written: { ...written, addresses, ...(hasAddress ? { protocol } : {}) } };
  }
  if (entrance.kind === 'address') {
    const { first: address } = entrance;
    const name = printEndpoint(address, port).replace(/:(\d+)$/, `:${protocol}:$1`);
    return { name, mark, written: { ...written, address, port, protocol } };
  }
  const markFamily = entrance.family ?? draft.family ?? family;
  const name = `fwmark:${entrance.fwmark}${markFamily === 'inet6' ? ':inet6' : ''}`;
  return { name, mark, written: { ...written, fwmark: entrance.fwmark, ip_family: markFamily } };
}

function finishSorry(
  draft: ServiceDraft,
  shared: SharedFields,
  servicePort: number,
): Pick<WrittenService, 'sorry_server' | 'sorry_server_inhibit'> {
  const { sorry, sorryForwarding, mark, scope } = draft;
  if (sorry === undefined) {
    if (shared.sorry_server_inhibit && !draft.broken.has('sorry_server')) {
      const text = 'it has no effect without a sorry_server';
      sayKey(draft, 'sorry_server_inhibit', warning('overridden', text));
    }
    return { sorry_server_inhibit: false };
  }
  const { forward, tunnel } = sorryForwarding ?? { forward: shared.forward, tunnel: undefined };
  const path = mark.inside.get('sorry_server')?.path ?? scope.path;
  sayForcedPort({ ...sorry, scope: { notes: scope.notes, path } }, forward, servicePort);
  const port = forward === 'nat' && sorry.port !== null ? sorry.port : undefined;
  return {
    sorry_server: {
      address: sorry.address,
      ...(port === undefined ? {} : { port }),
      forward,
      ...(tunnel === undefined ? {} : { tunnel }),
    },
    sorry_server_inhibit: shared.sorry_server_inhibit,
  };
}

interface Kept {
  readonly written: WrittenServer;
  readonly mark: Mark;
}

/** The servers without those that keepalived leaves out. */
function keptServers(
  draft: ServiceDraft,
  shared: SharedFields,
  port: number,
  tls: CheckFields,
): readonly Kept[] {
  const service = {
    check: draft.check,
    tls,
    weight: draft.weight ?? 1,
    forwarding: { forward: shared.forward, tunnel: undefined },
  };
  const found = new Map<string, Kept>();
  for (const server of draft.servers) {
    const written = finishServer(server, service);
    sayForcedPort(server, written.forward ?? shared.forward, port);
    const key = destKey({ address: written.address, port: written.port ?? port });
    if (found.has(key)) sayDuplicate(server, key);
    else found.set(key, { written, mark: server.mark });
  }
  return [...found.values()];
}

function sayDuplicate({ scope, statement, mark }: ServerDraft, key: string): void {
  const reason = `${key} is in this service already, and the first one counts`;
  scope.notes.say(mark.at, warning('duplicate_server', reason), mark.path);
  leaveAll({ ...statement, block: null }, scope, 'here', reason);
}

const sayHead = ({ scope, mark }: ServiceDraft, problem: Problem): void =>
  scope.notes.say(mark.at, problem, mark.path);

function sayKey({ scope, mark }: ServiceDraft, key: string, problem: Problem): void {
  const at = mark.inside.get(key) ?? mark;
  scope.notes.say(at.at, problem, at.path);
}

function sayFlags({ flags, scheduler, scope }: ServiceDraft): void {
  for (const { flag, mark } of flags) {
    const { scheduler: needed } = SCHEDULER_FLAGS[flag];
    if (needed === null || needed === scheduler) continue;
    const text = `${flag} is left out: it needs lb_algo ${needed}, and another one is given below`;
    scope.notes.say(mark.at, warning('entry_skipped', text), mark.path);
  }
}

const OF_MARK = here('a fwmark stands for packets of any protocol', 'Protocol of a fwmark');

function protocolOf(draft: ServiceDraft, hasAddress: boolean): 'tcp' | 'udp' | 'sctp' {
  const { protocol, broken } = draft;
  if (!hasAddress && protocol !== undefined) {
    const given = draft.statement.block?.findLast(({ words }) => words[0].text === 'protocol');
    if (given !== undefined) leaveIdle(given, OF_MARK, draft.scope, 'protocol');
  } else if (hasAddress && protocol === undefined && !broken.has('protocol')) {
    const text = 'no protocol is given: keepalived takes UDP, and so does lbd; write "protocol TCP" for TCP';
    sayHead(draft, warning('protocol_assumed', text));
  }
  return protocol ?? 'udp';
}

function opsOf(draft: ServiceDraft, protocol: string): boolean {
  if (!draft.ops || protocol === 'udp') return draft.ops;
  const text = 'one-packet scheduling is only for UDP: it is left out, as by keepalived';
  sayKey(draft, 'ops', warning('value_replaced', text));
  return false;
}

function sayPersistence(draft: ServiceDraft, hasPort: boolean): void {
  if (draft.timeout !== undefined) return;
  if (!hasPort) {
    draft.timeout = seconds(360);
    const text =
      'only a persistent service can have port 0, all ports: it gets a persistence_timeout of 360 seconds';
    sayHead(draft, warning('value_replaced', text));
    return;
  }
  if (draft.granularity !== undefined) {
    draft.timeout = seconds(360);
    const text = 'this makes the service persistent, as with keepalived: with a timeout of 360 seconds';
    sayKey(draft, 'persistence_granularity', warning('value_replaced', text));
    return;
  }
  if (draft.engine === undefined) return;
  sayKey(
    draft,
    'persistence_engine',
    warning('overridden', 'it has no effect without a persistence_timeout'),
  );
  delete draft.engine;
}

/** Of marks that do not say it: as the addresses beside them or the servers have it. */
function familyOf({ servers }: ServiceDraft, entrances: readonly Entrance[]): Family {
  const beside = entrances.find((each) => each.kind === 'address');
  if (beside?.kind === 'address') return ipFamily(beside.first);
  const [first] = servers;
  return first === undefined ? 'inet' : ipFamily(first.address);
}
