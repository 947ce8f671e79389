import { type Family, type Ip, ipFamily } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Nexthop, RouteConfig } from '../../model/routes.ts';
import { type ConfigCode, mistake, type Problem } from '../diagnostic.ts';
import type { LineFault } from './line.ts';
import type { Hop, RouteDraft } from './route-draft.ts';
import { anyAddress } from './values.ts';

/** rt_scope_t, RT_TABLE_* and RTPROT_* of linux/rtnetlink.h. */
const HOST_SCOPE = 254;
const MAIN_TABLE = 254;
const LOCAL_TABLE = 255;
const KEEPALIVED = 18;

/** The route that a draft says, or what it lacks. `last` is the index of the last word. */
export function finishRoute(draft: RouteDraft, last: number): Result<RouteConfig, LineFault> {
  const { destination, told, numbers, type, from, source } = draft;
  if (destination === null) return refuse(last, 'missing_value', 'a route needs a destination');
  const family = (destination === 'default' ? told[0]?.family : ipFamily(destination.address)) ?? 'inet';
  const other = told.find((each) => each.family !== family);
  if (other !== undefined) {
    const text =
      'the addresses of a route are of one family; a gateway of the other is written "via inet6 A"';
    return refuse(other.at, 'mixed_families', text);
  }
  const alien = alienWord(draft, family);
  if (alien !== null) return err({ at: last, problem: alien });
  const nexthops = finishHops(draft, last);
  if (!nexthops.ok) return nexthops;
  const isLocal = type === 'local';
  return ok({
    family,
    type,
    destination: destination === 'default' ? { address: anyAddress(family), prefix: 0 } : destination,
    from: from?.prefix === 0 ? null : from,
    source,
    table: numbers.table ?? (isLocal ? LOCAL_TABLE : MAIN_TABLE),
    metric: numbers.metric || null,
    scope: family === 'inet6' ? 0 : (numbers.scope ?? (isLocal ? HOST_SCOPE : 0)),
    protocol: numbers.protocol ?? KEEPALIVED,
    tos: numbers.tos ?? 0,
    nexthops: nexthops.value,
    metrics: [...draft.metrics].toSorted(([a], [b]) => a - b),
    noTrack: draft.noTrack,
  });
}

const refuse = (at: number, code: ConfigCode, text: string): Result<never, LineFault> =>
  err({ at, problem: mistake(code, text) });

/** A word that Linux has only for the other family. */
function alienWord({ from, numbers: { tos = 0 } }: RouteDraft, family: Family): Problem | null {
  if (from !== null && family === 'inet') {
    return mistake('bad_value', 'Linux has "from" only in routes for IPv6: a rule selects by source');
  }
  return tos > 0 && family === 'inet6'
    ? mistake('bad_value', 'Linux has "tos" only in routes for IPv4: a rule selects by it')
    : null;
}

function finishHops(draft: RouteDraft, last: number): Result<readonly Nexthop[], LineFault> {
  const { single, hops, fallbacks, type } = draft;
  const isSingle = single.via !== null || single.dev !== null || single.onlink;
  const [first] = hops;
  if (first !== undefined && (isSingle || fallbacks.length > 0)) {
    return refuse(first.at, 'bad_value', 'a route has either one gateway and interface, or "nexthop"s');
  }
  if (fallbacks.length > 0 && single.via === null) {
    return refuse(last, 'bad_value', '"or" stands behind the address of "via"');
  }
  const all = first !== undefined ? hops : isSingle ? [single, ...fallbacks.map(beside(single))] : [];
  if (type !== 'unicast' && type !== 'local') {
    return all.length === 0 ? ok([]) : refuse(last, 'bad_value', `a route of type ${type} leads nowhere`);
  }
  if (all.length === 0) return refuse(last, 'missing_value', 'a route needs "via" or "dev"');
  if (first === undefined && single.weight !== 1) {
    return refuse(last, 'bad_value', '"weight" belongs to a "nexthop"');
  }
  for (const hop of all) {
    const lack = lackOf(hop);
    if (lack !== null) return refuse(first === undefined ? last : hop.at, 'missing_value', lack);
  }
  const isShared = all.length > 1;
  return ok(all.map(({ via, dev, weight, onlink }) => ({ via, dev, weight: isShared ? weight : 1, onlink })));
}

const beside =
  (hop: Hop) =>
  (via: Ip): Hop => ({ ...hop, via });

function lackOf({ via, dev, onlink }: Hop): string | null {
  if (via === null && dev === null) return 'a "nexthop" needs "via" or "dev"';
  if (onlink && (via === null || dev === null)) return '"onlink" needs "via" and "dev"';
  const isLinkLocal = via !== null && /^fe[89ab]/.test(via);
  return isLinkLocal && dev === null ? `${via} is on every link: say which with "dev"` : null;
}
