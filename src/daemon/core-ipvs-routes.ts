import type { Diagnostic } from '../config/diagnostic.ts';
import { printDiagnostic } from '../config/print.ts';
import { type ControlReply, type ControlRoutes, refusal } from '../ipc/control.ts';
import { openConnections } from '../kernel/ip-vs-conn.ts';
import { type ObservedTable, serviceKey } from '../model/services.ts';
import { IPVS_VIEWS, type IpvsView, showIpvs, showIpvsService } from '../view/ipvsadm.ts';
import { printIpvsRules } from '../view/ipvsadm-rules.ts';
import { showIpvsDaemons, showIpvsTimeouts } from '../view/ipvsadm-settings.ts';
import { showRestoreJson } from '../view/restore.ts';
import { unknownTable } from '../view/unknown-table.ts';
import type { Core } from './core.ts';
import { listConnections, refuseList } from './core-connections.ts';

/**
 * What `lbctl ipvs` asks, each as ipvsadm 1.31 prints it, at this moment:
 * - `GET /v1/ipvs?view=VIEW[&exact=1][&nosort=1][&service=tcp 10.0.0.1:80]`: a listing (`IPVS_VIEWS`, `list` unless
 *   given), or `rules` for what `ipvsadm -Sn` saves and `lossless` for that with what it leaves out;
 * - `GET /v1/ipvs/settings?view=timeout|daemon`;
 * - `GET /v1/ipvs/connections[?engines=1]`;
 * - `POST /v1/ipvs/restore[?prune=1][&dry-run=1][&file=NAME]`: makes the table what the body has saved of it, but for the
 *   services of the configuration; JSON (`showRestoreJson`), or 409 and the first ten mistakes in it.
 */
export function ipvsRoutes(
  core: Pick<Core, 'checkNow' | 'settings' | 'restore'>,
  open = openConnections,
): ControlRoutes {
  return {
    '/v1/ipvs': {
      GET: async ({ query }) => {
        const check = await core.checkNow();
        if (!check.available) return refusal(503, 'check_unavailable', unknownTable(check.reason));
        const { table } = check.value;
        if (!table.available) return refusal(503, 'ipvs_unavailable', table.reason);
        return listing(table.value, query);
      },
    },
    '/v1/ipvs/settings': {
      GET: async ({ query }) => {
        const settings = await core.settings();
        if (!settings.ok) return refusal(503, 'ipvs_unavailable', settings.error);
        const { timeouts, syncDaemons } = settings.value;
        return text(
          query.get('view') === 'daemon' ? showIpvsDaemons(syncDaemons) : showIpvsTimeouts(timeouts),
        );
      },
    },
    '/v1/ipvs/connections': {
      GET: async ({ query }) => {
        const lack = await refuseList(core);
        if (lack !== null) return lack;
        const opened = await open();
        if (!opened.ok) return refusal(503, 'ipvs_unavailable', opened.error);
        return { type: 'text/plain', pieces: listConnections(opened.value, query.get('engines') === '1') };
      },
    },
    '/v1/ipvs/restore': {
      POST: async ({ query, body }) => {
        // What reads configurations is too much to keep for what is rarely asked.
        const { readIpvsadm } = await import('../config/read-ipvsadm.ts');
        const read = readIpvsadm(body, query.get('file') ?? 'the saved table', { hostname: '' });
        const { config, diagnostics } = read;
        if (config === null) {
          const errors = diagnostics.filter(({ severity }) => severity === 'error');
          return refusal(409, 'bad_rules', tellMistakes(errors, body));
        }
        const services = config.services.map(({ key, attrs, servers }) => ({
          key,
          attrs,
          dests: servers.map(({ key, attrs }) => ({ key, attrs })),
        }));
        const dryRun = query.get('dry-run') === '1';
        const outcome = await core.restore({ services, prune: query.get('prune') === '1', dryRun });
        return outcome.ok
          ? json(showRestoreJson(outcome.value, dryRun))
          : refusal(409, 'refused', outcome.error);
      },
    },
  };
}

const MOST_TOLD = 10;
/** A line that may be meant for ipvsadm. Any other file, such as a private key, is not for a terminal. */
const RULE = /^\s*(\S*ipvsadm\s+)?--?[a-z]/i;

function tellMistakes(errors: readonly Diagnostic[], source: string): string {
  const lines = source.split('\n');
  const told = errors.slice(0, MOST_TOLD).map((error) => {
    const line = lines[error.line - 1] ?? '';
    return printDiagnostic(error, RULE.test(line) ? line : null);
  });
  const count = errors.length === 1 ? '1 mistake' : `${errors.length} mistakes`;
  const rest = errors.length > MOST_TOLD ? `, of which these are the first ${MOST_TOLD}` : '';
  return [...told, `nothing was changed: ${count}${rest}`].join('\n');
}

function listing(table: ObservedTable, query: URLSearchParams): ControlReply {
  const asked = query.get('view') ?? 'list';
  if (asked === 'rules') return text(printIpvsRules(table.services, 'as_ipvsadm'));
  if (asked === 'lossless') return text(printIpvsRules(table.services, 'lossless'));
  const view = IPVS_VIEWS.find((each: IpvsView) => each === asked);
  if (view === undefined) {
    const views = [...IPVS_VIEWS, 'rules', 'lossless'].join(', ');
    return refusal(400, 'unknown_view', `there is no view ${JSON.stringify(asked)}: ${views}`);
  }
  const how = { view, exact: query.get('exact') === '1', sorted: query.get('nosort') !== '1' };
  const only = query.get('service');
  if (only === null) return text(showIpvs(table, how));
  const service = table.services.find(({ key }) => serviceKey(key) === only);
  return service === undefined
    ? refusal(404, 'no_service', `No such service: ${only}`)
    : text(showIpvsService(service, how));
}

const text = (body: string): ControlReply => ({ status: 200, type: 'text/plain', body });
const json = (body: string): ControlReply => ({ status: 200, type: 'application/json', body });
