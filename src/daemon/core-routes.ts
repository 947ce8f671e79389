import { type ControlReply, type ControlRoutes, refusal } from '../ipc/control.ts';
import { showIpvsList, showIpvsRate, showIpvsStats } from '../view/ipvsadm.ts';
import { showStatus } from '../view/status.ts';
import { showStatusJson } from '../view/status-json.ts';
import type { Core } from './core.ts';

/**
 * What the control socket answers:
 * - `GET /v1/status`: JSON, or the text of `lbctl status` for `Accept: text/plain`;
 * - `GET /v1/ipvs?view=list|stats|rate[&exact=1]`: the kernel's table of this moment, as `ipvsadm -Ln` prints it.
 */
export function controlRoutes(core: Core): ControlRoutes {
  return {
    '/v1/status': {
      GET: async ({ wantsText }) => {
        const status = await core.status();
        return wantsText ? text(showStatus(status)) : json(showStatusJson(status));
      },
    },
    '/v1/ipvs': {
      GET: async ({ query }) => {
        const view = query.get('view') ?? 'list';
        if (view !== 'list' && view !== 'stats' && view !== 'rate') {
          return refusal(
            400,
            'unknown_view',
            `there is no view ${JSON.stringify(view)}: list, stats or rate`,
          );
        }
        const check = await core.checkNow();
        if (!check.available) return refusal(503, 'check_unavailable', check.reason);
        const { table } = check.value;
        if (!table.available) return refusal(503, 'ipvs_unavailable', table.reason);
        if (view === 'list') return text(showIpvsList(table.value));
        const show = view === 'stats' ? showIpvsStats : showIpvsRate;
        return text(show(table.value, query.get('exact') === '1'));
      },
    },
  };
}

const text = (body: string): ControlReply => ({ status: 200, type: 'text/plain', body });
const json = (body: string): ControlReply => ({ status: 200, type: 'application/json', body });
