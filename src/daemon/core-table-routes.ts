import { err, ok, type Result } from '../base/result.ts';
import type { ControlReply, ControlRequest, ControlRoutes } from '../ipc/control.ts';
import { refusal } from '../ipc/control.ts';
import { systemClock } from '../kernel/clock.ts';
import { openConnections } from '../kernel/ip-vs-conn.ts';
import type { Connection } from '../model/connections.ts';
import { type DestKey, type ServiceKey, serviceKey } from '../model/services.ts';
import type { CheckStatus, Part, ServerStatus, ServiceStatus } from '../model/status.ts';
import { showChecks, showChecksJson } from '../view/checks.ts';
import { isTemplate } from '../view/connections.ts';
import { type JoinedService, joinServices } from '../view/joined-services.ts';
import { showServers, showServersJson } from '../view/servers.ts';
import { showServices, showServicesJson } from '../view/services.ts';
import { showTraffic, showTrafficJson, type TrafficKind } from '../view/traffic.ts';
import { unknownTable } from '../view/unknown-table.ts';
import type { Core } from './core.ts';
import {
  type ConnectionQuestion,
  printConnections,
  printConnectionsJson,
  refuseList,
} from './core-connections.ts';
import { findServices, noSuchService } from './find-services.ts';
import { parseServer, parseServerOf, type ServerName } from './server-name.ts';

type Available = Extract<Part<CheckStatus>, { available: true }>;

/**
 * What lbd and the kernel know of services, as text for `Accept: text/plain`, else as JSON. SERVICE is what
 * `findServices` takes, SERVER is ADDRESS or ADDRESS:PORT:
 * - `GET /v1/services`, `GET /v1/servers[?service=SERVICE]`;
 * - `GET /v1/checks[?server=SERVER[@SERVICE]|SERVICE]`: where both are meant, of the server;
 * - `GET /v1/rates[?service=SERVICE]`, `GET /v1/stats[?service=SERVICE]`: of those that the kernel has;
 * - `GET /v1/connections[?service=SERVICE][&server=SERVER][&persistent=1][&limit=N]`: 1000 unless said.
 */
export function tableRoutes(core: Pick<Core, 'checkNow'>, open = openConnections): ControlRoutes {
  const asking =
    (answer: (check: Available, request: ControlRequest) => ControlReply) =>
    async (request: ControlRequest): Promise<ControlReply> => {
      const check = await core.checkNow();
      return check.available
        ? answer(check, request)
        : refusal(503, 'check_unavailable', unknownTable(check.reason));
    };
  const traffic = (kind: TrafficKind) =>
    asking(({ value, takenAt }, { query, wantsText }) => {
      if (!value.table.available) return refusal(503, 'ipvs_unavailable', value.table.reason);
      const services = servicesOf(value, query);
      if (!services.ok) return services.error;
      return wantsText
        ? text(showTraffic(services.value, kind))
        : json(showTrafficJson(services.value, kind, takenAt));
    });

  return {
    '/v1/services': {
      GET: asking(({ value, takenAt }, { wantsText }) => {
        const services = joinServices(value);
        return wantsText
          ? text(withoutTable(value) + showServices(services))
          : json(showServicesJson(services, takenAt));
      }),
    },
    '/v1/servers': {
      GET: asking(({ value, takenAt }, { query, wantsText }) => {
        const services = servicesOf(value, query);
        if (!services.ok) return services.error;
        return wantsText
          ? text(withoutTable(value) + showServers(services.value, takenAt))
          : json(showServersJson(services.value, takenAt));
      }),
    },
    '/v1/checks': {
      GET: asking(({ value, takenAt }, { query, wantsText }) => {
        const servers = checkedServers(value.services, query.get('server'));
        if (!servers.ok) return servers.error;
        const found = servers.value.flatMap(({ service, server }) =>
          server.checks.map((check) => ({ service, server, check })),
        );
        return wantsText ? text(showChecks(found, takenAt)) : json(showChecksJson(found, takenAt));
      }),
    },
    '/v1/rates': { GET: traffic('rates') },
    '/v1/stats': { GET: traffic('stats') },
    '/v1/connections': {
      GET: async ({ query, wantsText }) => {
        const question = await questionOf(core, query);
        if (!question.ok) return question.error;
        const lack = await refuseList(core);
        if (lack !== null) return lack;
        const opened = await open();
        if (!opened.ok) return refusal(503, 'ipvs_unavailable', opened.error);
        return wantsText
          ? { type: 'text/plain', pieces: printConnections(opened.value, question.value) }
          : {
              type: 'application/json',
              pieces: printConnectionsJson(opened.value, question.value, systemClock.wall()),
            };
      },
    },
  };
}

interface CheckedServer {
  readonly service: ServiceStatus;
  readonly server: ServerStatus;
}

/** The servers whose checks are asked for: all of them, one, or those of a service. */
function checkedServers(
  all: readonly ServiceStatus[],
  word: string | null,
): Result<readonly CheckedServer[], ControlReply> {
  const serversOf = (services: readonly ServiceStatus[]): readonly CheckedServer[] =>
    services.flatMap((service) => service.servers.map((server) => ({ service, server })));
  if (word === null) return ok(serversOf(all));
  const wanted = parseServerOf(word);
  const name = wanted?.service ?? null;
  const services = name === null ? all : findServices(all, name);
  if (name !== null && services.length === 0) return err(noService(all, name));
  const servers =
    wanted === null ? [] : serversOf(services).filter(({ server }) => isServer(server.key, wanted));
  if (servers.length > 0) return ok(servers);
  const named = findServices(all, word);
  if (named.length > 0) return ok(serversOf(named));
  if (wanted === null) return err(noService(all, word));
  const [server] = word.split('@', 1);
  const lack = name === null ? `no service has a server ${server}` : `${name} has no server ${server}`;
  return err(refusal(404, 'no_server', lack));
}

const MOST_SHOWN = 1000;

async function questionOf(
  core: Pick<Core, 'checkNow'>,
  query: URLSearchParams,
): Promise<Result<ConnectionQuestion, ControlReply>> {
  const limit = Number(query.get('limit') ?? MOST_SHOWN);
  if (!Number.isSafeInteger(limit) || limit < 0) {
    return err(refusal(400, 'bad_request', `${query.get('limit')} is no number of connections`));
  }
  const at = serverOf(query);
  if (!at.ok) return at;
  const keys = query.has('service') ? await keysOf(core, query) : null;
  if (keys !== null && !keys.ok) return keys;
  const isOfService = (connection: Connection) =>
    keys === null || keys.value.some((key) => isOf(key, connection));
  const onlyTemplates = query.get('persistent') === '1';
  const wanted = (connection: Connection) =>
    at.value(connection.server) && isOfService(connection) && (!onlyTemplates || isTemplate(connection));
  return ok({ limit, wanted });
}

async function keysOf(
  core: Pick<Core, 'checkNow'>,
  query: URLSearchParams,
): Promise<Result<readonly ServiceKey[], ControlReply>> {
  const check = await core.checkNow();
  if (!check.available) return err(refusal(503, 'check_unavailable', unknownTable(check.reason)));
  const services = servicesOf(check.value, query);
  if (!services.ok) return services;
  const keys = services.value.map(({ key }) => key);
  const mark = keys.find(({ kind }) => kind === 'fwmark');
  if (mark === undefined) return ok(keys);
  const why = `${serviceKey(mark)}: the kernel does not tell by which mark a connection came; ask for its servers`;
  return err(refusal(409, 'refused', why));
}

function isOf(key: ServiceKey, { protocol, virtual }: Connection): boolean {
  return (
    key.kind === 'address' &&
    protocol.toLowerCase() === key.protocol &&
    virtual.address === key.address &&
    // Port 0 is a service of all ports.
    (key.port === 0 || virtual.port === key.port)
  );
}

/** All services, or those that are asked for. */
function servicesOf(
  check: CheckStatus,
  query: URLSearchParams,
): Result<readonly JoinedService[], ControlReply> {
  const all = joinServices(check);
  const word = query.get('service');
  if (word === null) return ok(all);
  const found = findServices(all, word);
  if (found.length > 0) return ok(found);
  return err(noService(all, word));
}

/** Whether a server is one that is asked for. */
function serverOf(query: URLSearchParams): Result<(key: DestKey) => boolean, ControlReply> {
  const word = query.get('server');
  if (word === null) return ok(() => true);
  const end = parseServer(word);
  return end === null ? err(noServerName(word, 'ADDRESS[:PORT]')) : ok((key) => isServer(key, end));
}

const isServer = ({ address, port }: DestKey, wanted: ServerName): boolean =>
  address === wanted.address && (wanted.port === null || wanted.port === port);

const noServerName = (word: string, form: string): ControlReply =>
  refusal(400, 'bad_request', `${JSON.stringify(word)} is no server: ${form}`);

const noService = (services: Parameters<typeof noSuchService>[0], word: string): ControlReply =>
  refusal(404, 'no_service', noSuchService(services, word));

const withoutTable = ({ table }: CheckStatus): string =>
  table.available ? '' : `IPVS not available: ${table.reason}\n`;

const text = (body: string): ControlReply => ({ status: 200, type: 'text/plain', body });
const json = (body: string): ControlReply => ({ status: 200, type: 'application/json', body });
