import type { Result } from '../base/result.ts';
import { type ControlReply, type ControlRoutes, refusal } from '../ipc/control.ts';
import { type FileBundle, parseBundle } from '../ipc/file-bundle.ts';
import { showPlanJson } from '../view/plan.ts';
import { showStatus } from '../view/status.ts';
import { showStatusJson } from '../view/status-json.ts';
import type { Core, Loaded, Rejection } from './core.ts';
import { drillRoutes } from './core-drill.ts';
import { ipvsRoutes } from './core-ipvs-routes.ts';
import { journalRoutes } from './core-journal-routes.ts';
import { serverRoutes } from './core-server-routes.ts';
import { tableRoutes } from './core-table-routes.ts';
import { traceRoutes } from './core-trace-routes.ts';

/** Reads the configuration of a bundle, or for null the daemon's own. */
export type ReadFiles = (bundle: FileBundle | null) => Promise<Result<Loaded, Rejection>>;

/**
 * What the control socket answers:
 * - `GET /v1/status`: JSON, or the text of `lbctl status` for `Accept: text/plain`;
 * - `POST /v1/reload`: reads the configuration again; `{generation, warnings, problems}`, or 409 and why not;
 * - `POST /v1/plan`: what a reload would change, of the daemon's own file or of the one in the body
 *   (`ipc/file-bundle.ts`); `{add, change, destroy, text, instances, services}`;
 * - `POST /v1/failover?name=NAME`, `POST /v1/failback?name=NAME`: hands an instance or sync group over, and ends that;
 *   a sentence, or 409 and why not;
 * - what `ipvsRoutes`, `tableRoutes`, `traceRoutes`, `journalRoutes`, `drillRoutes` and `serverRoutes` answer.
 */
export function controlRoutes(core: Core, read: ReadFiles): ControlRoutes {
  return {
    ...drillRoutes(core),
    ...journalRoutes(core),
    ...serverRoutes(core),
    ...ipvsRoutes(core),
    ...tableRoutes(core),
    ...traceRoutes(core),
    '/v1/failover': { POST: async ({ query }) => told(await core.handOver(query.get('name') ?? '')) },
    '/v1/failback': { POST: async ({ query }) => told(await core.failBack(query.get('name') ?? '')) },
    '/v1/reload': {
      POST: async () => {
        const outcome = await core.reload();
        if (!outcome.accepted) {
          const { code, lines, generation } = outcome;
          return refusal(409, code, [...lines, `configuration ${generation} keeps running`].join('\n'));
        }
        const { generation, warnings, problems } = outcome;
        return json(`${JSON.stringify({ generation, warnings, problems })}\n`);
      },
    },
    '/v1/plan': {
      POST: async ({ body }) => {
        const bundle = body === '' ? null : parseBundle(body);
        if (body !== '' && bundle === null)
          return refusal(400, 'bad_request', 'the body is no bundle of files');
        const next = await read(bundle);
        if (!next.ok) return refusal(409, 'bad_config', next.error.join('\n'));
        const preview = await core.plan(next.value.config);
        if (!preview.ok) return refusal(503, 'unavailable', preview.error);
        return json(showPlanJson(preview.value, next.value.warnings));
      },
    },
    '/v1/status': {
      GET: async ({ wantsText }) => {
        const status = await core.status();
        return wantsText ? text(showStatus(status)) : json(showStatusJson(status));
      },
    },
  };
}

const told = (outcome: Result<string, string>): ControlReply =>
  outcome.ok ? text(`${outcome.value}\n`) : refusal(409, 'refused', outcome.error);
const text = (body: string): ControlReply => ({ status: 200, type: 'text/plain', body });
const json = (body: string): ControlReply => ({ status: 200, type: 'application/json', body });
