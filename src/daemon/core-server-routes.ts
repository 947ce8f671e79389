import type { Result } from '../base/result.ts';
import { millis } from '../base/units.ts';
import { type ControlReply, type ControlRequest, type ControlRoutes, refusal } from '../ipc/control.ts';
import { parseOrderedWeight } from '../model/orders.ts';
import { showQuorumLoss } from '../view/quorum-loss.ts';
import { showDrain, showEach, showEmptied, showOrdered, showStandingsJson } from '../view/server-orders.ts';
import type { CoreServerOrders, Ordered, OrderRefusal } from './core-server-orders.ts';
import type { OrderWish } from './order-wish.ts';

/**
 * What the control socket answers about real servers; `name` is SERVER[@SERVICE]:
 * - `POST /v1/drain?name=NAME[&timeout=MILLISECONDS]`, `POST /v1/maint?name=NAME`, `POST /v1/ready?name=NAME`,
 *   `POST /v1/weight?name=NAME&weight=N|N%`: orders it, and answers when the kernel has it;
 * - `GET /v1/drain?name=NAME`: how far a drain has come.
 *
 * All answer `{schema_version, text, notes, done, servers}`, where `done` says that a drain of them is over, and orders
 * `confirmed`: that the kernel has it, rather than that it is kept until it can; or 400, 404, 409, 503 and why not.
 */
export function serverRoutes({
  serverOrders,
}: {
  readonly serverOrders: Pick<CoreServerOrders, 'give' | 'look'>;
}): ControlRoutes {
  const order = async ({ query }: ControlRequest, wish: OrderWish | null): Promise<ControlReply> => {
    if (wish === null) return refusal(400, 'bad_request', 'there is no such order');
    const given = await serverOrders.give(query.get('name') ?? '', wish);
    return given.ok ? ordered(given.value) : refused(given);
  };

  return {
    '/v1/drain': {
      POST: (request) => order(request, parseDrain(request.query.get('timeout'))),
      GET: async ({ query }) => {
        const looked = await serverOrders.look(query.get('name') ?? '');
        if (!looked.ok) return refused(looked);
        const { standings, at } = looked.value;
        const text = showEach(standings, (standing, name) => showDrain(standing, name, at));
        return json(showStandingsJson(standings, { text, notes: [] }));
      },
    },
    '/v1/maint': { POST: (request) => order(request, { kind: 'maint' }) },
    '/v1/ready': { POST: (request) => order(request, { kind: 'ready' }) },
    '/v1/weight': { POST: (request) => order(request, parseWeight(request.query.get('weight'))) },
  };
}

function parseDrain(timeout: string | null): OrderWish | null {
  if (timeout === null) return { kind: 'drain', timeout: null };
  return /^\d{1,12}$/.test(timeout) ? { kind: 'drain', timeout: millis(Number(timeout)) } : null;
}

function parseWeight(text: string | null): OrderWish | null {
  const weight = parseOrderedWeight(text ?? '');
  return weight === null ? null : { kind: 'weight', weight };
}

function ordered({ at, standings, isConfirmed, before, losses, notes }: Ordered): ControlReply {
  const lost = new Set(losses.map(({ service }) => service));
  const others = new Set(standings.map(({ service }) => service).filter(({ name }) => !lost.has(name)));
  const text = showEach(standings, (standing, name, i) => showOrdered(standing, name, before[i] ?? 0, at));
  // A service at several addresses is one that is emptied.
  const told = [...notes, ...losses.map(showQuorumLoss), ...new Set(showEmptied([...others]))];
  return json(showStandingsJson(standings, { text, notes: told, confirmed: isConfirmed }));
}

const STATUS: Readonly<Record<OrderRefusal['code'], number>> = {
  bad_request: 400,
  unknown_service: 404,
  unknown_server: 404,
  ambiguous: 409,
  conflict: 409,
  stopping: 409,
  check_unavailable: 503,
  ipvs_unavailable: 503,
};

const refused = ({ error }: Extract<Result<unknown, OrderRefusal>, { readonly ok: false }>): ControlReply =>
  refusal(STATUS[error.code], error.code, error.message);

const json = (body: string): ControlReply => ({ status: 200, type: 'application/json', body });
