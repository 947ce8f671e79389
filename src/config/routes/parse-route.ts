import { type Ip, ipFamily } from '../../base/ip.ts';
import { err, type Result } from '../../base/result.ts';
import { ROUTE_TYPES, type RouteConfig, type RouteType } from '../../model/routes.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { finishRoute } from './finish-route.ts';
import { done, type Grammar, Line, type LineFault, type Parse, type Reader, readLine } from './line.ts';
import { METRICS, RTAX_LOCK } from './metrics.ts';
import type { RouteNames } from './names.ts';
import { type Hop, newHop, newRoute, type RouteDraft } from './route-draft.ts';
import * as values from './values.ts';

/**
 * A route in the words of ip-route(8) and of virtual_routes:
 *
 * ```
 * [TYPE] [to] DEST[/len]|default [via|gw [inet6] A [or A]] [dev IF] [onlink] [src A] [from A/len]
 * [table T] [metric N] [scope S] [proto P] [tos N] [mtu [lock] N] [advmss [lock] N] … [no_track]
 * [nexthop [via A] [dev IF] [weight N] [onlink]]…
 * ```
 *
 * Silence means what it means to keepalived 2.2.7: table main, scope global, protocol 18; but a local route is in table
 * local with scope host, as Linux takes no other. `via A or B` are two next hops of the same weight.
 */
export function parseRoute(words: readonly string[], names: RouteNames): Result<RouteConfig, LineFault> {
  const draft = newRoute();
  const fault = readLine(new Line(words), draft, grammarOf(names));
  return fault === null ? finishRoute(draft, words.length - 1) : err(fault);
}

/** What `dev` and the like say something of. */
const hopOf = ({ hops, single }: RouteDraft): Hop => hops.at(-1) ?? single;

const tell = ({ told }: RouteDraft, address: Ip, at: number): void => {
  told.push({ family: ipFamily(address), at });
};

const toNumber =
  (key: keyof RouteDraft['numbers'], parse: Parse<number>): Reader<RouteDraft> =>
  (line, draft) =>
    line.value(parse, (value) => {
      draft.numbers[key] = value;
    });

const alone =
  (say: (draft: RouteDraft, at: number) => void): Reader<RouteDraft> =>
  (line, draft) => {
    say(draft, line.at);
    return null;
  };

const type =
  (name: RouteType): Reader<RouteDraft> =>
  (line, draft) => {
    if (draft.destination !== null) {
      return line.fault(mistake('bad_value', `"${name}" stands before the destination of a route`));
    }
    draft.type = name;
    return null;
  };

const metric =
  (id: number, parse: Parse<number>): Reader<RouteDraft> =>
  (line, { metrics }) => {
    const isLocked = line.takeIf('lock') !== null;
    return line.value(parse, (value) => {
      metrics.set(id, value);
      if (isLocked) metrics.set(RTAX_LOCK, (metrics.get(RTAX_LOCK) ?? 0) | (1 << id));
    });
  };

const DEFAULTS = ['default', 'any', 'all'];

function takeDestination(text: string, draft: RouteDraft, at: number): Result<void, Problem> {
  if (draft.destination !== null) {
    return err(mistake('bad_value', `"${text}" is a second destination: a route has one`));
  }
  if (DEFAULTS.includes(text)) {
    draft.destination = 'default';
    return done;
  }
  const subnet = values.network(text);
  if (!subnet.ok) return subnet;
  draft.destination = subnet.value;
  tell(draft, subnet.value.address, at);
  return done;
}

const READERS: Readonly<Record<string, Reader<RouteDraft>>> = {
  ...Object.fromEntries(Object.keys(ROUTE_TYPES).map((name) => [name, type(name as RouteType)])),
  inet: alone(({ told }, at) => told.push({ family: 'inet', at })),
  inet6: alone(({ told }, at) => told.push({ family: 'inet6', at })),
  to: (line, draft) => line.value((text) => takeDestination(text, draft, line.at)),
  via: (line, draft) => {
    const isOther = line.takeIf('inet', 'inet6') !== null;
    return line.value(values.host, (via, at) => {
      hopOf(draft).via = via;
      if (!isOther) tell(draft, via, at);
    });
  },
  or: (line, draft) =>
    line.value(values.host, (via, at) => {
      draft.fallbacks.push(via);
      tell(draft, via, at);
    }),
  dev: (line, draft) =>
    line.value(values.device, (dev) => {
      hopOf(draft).dev = dev;
    }),
  weight: (line, draft) =>
    line.value(values.number(1, 256), (weight) => {
      hopOf(draft).weight = weight;
    }),
  onlink: alone((draft) => {
    hopOf(draft).onlink = true;
  }),
  nexthop: alone(({ hops }, at) => hops.push(newHop(at))),
  src: (line, draft) =>
    line.value(values.host, (source, at) => {
      draft.source = source;
      tell(draft, source, at);
    }),
  from: (line, draft) =>
    line.value(values.network, (from, at) => {
      draft.from = from;
      tell(draft, from.address, at);
    }),
  metric: toNumber('metric', values.number(0, 0xffff_ffff)),
  scope: toNumber('scope', values.scope),
  protocol: toNumber('protocol', values.protocol),
  tos: toNumber('tos', values.tos),
  ...Object.fromEntries(Object.entries(METRICS).map(([word, { id, parse }]) => [word, metric(id, parse)])),
  no_track: alone((draft) => {
    draft.noTrack = true;
  }),
};

const grammarOf = (names: RouteNames): Grammar<RouteDraft> => ({
  what: 'route',
  readers: { ...READERS, table: toNumber('table', values.table(names)) },
  aliases: {
    gw: 'via',
    oif: 'dev',
    priority: 'metric',
    preference: 'metric',
    proto: 'protocol',
    dsfield: 'tos',
  },
  unsupported: UNSUPPORTED,
  again: { nexthop: ['via', 'dev', 'weight', 'onlink'] },
  other: (word, draft, at) =>
    DEFAULTS.includes(word) || values.isPrefixLike(word) ? takeDestination(word, draft, at) : undefined,
});

/** Words of keepalived 2.2.7 and ip-route(8). */
const UNSUPPORTED = [
  'anycast',
  'append',
  'as',
  'broadcast',
  'congctl',
  'encap',
  'expires',
  'mark',
  'multicast',
  'nat',
  'nhid',
  'pref',
  'realm',
  'realms',
  'ttl-propagate',
  'vrf',
  'xresolve',
];
