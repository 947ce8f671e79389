import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { err, ok, type Result } from '../base/result.ts';
import {
  elapsed,
  type Instant,
  later,
  type Millis,
  microsToMillis,
  millis,
  millisToMicros,
  type WallTime,
} from '../base/units.ts';
import type { Config } from '../model/config.ts';
import { isOut, type PlacedOrder, type ServerOrder, sameServer } from '../model/orders.ts';
import type { QuorumLoss } from '../model/quorum-loss.ts';
import { destKey, serviceKey } from '../model/services.ts';
import type { CheckStatus, Part } from '../model/status.ts';
import { quorumLosses } from '../plan/quorum-loss.ts';
import { isInForce, isKnown, type Standing, standingsOf } from '../view/server-orders.ts';
import type { NothingLeft } from './core-roles.ts';
import { findTargets, noteGroup, type OrderTarget, type TargetRefusal } from './order-targets.ts';
import { noteTemplates, type OrderWish, orderOf, wordOf } from './order-wish.ts';
import type { Say } from './scripts/say.ts';

/** What outlives the daemon, and the machine, of orders. */
export interface OrderState {
  /** What a former daemon left behind. */
  readonly left: Result<readonly PlacedOrder[], NothingLeft>;
  /** Replaces what is saved; an error is a sentence. One at a time. */
  save(orders: readonly PlacedOrder[]): Promise<Result<undefined, string>>;
}

export interface ServerOrdersDoor {
  readonly clock: Clock;
  readonly say: Say;
  readonly state: OrderState;
  /** What somebody else has said of the state directory, which is not said again. */
  readonly saidOf: () => string | null;
  readonly config: () => Config;
  /** The status of the check process as of now, or why there is none within this bound. */
  readonly ask: (bound: Millis) => Promise<Part<CheckStatus>>;
  /** The orders are others: the check process is to be told. */
  readonly changed: () => void;
  /** The text of a sysctl of this network namespace; null for none. */
  readonly sysctl: (name: string) => string | null;
}

/** How servers stand at a moment. */
export interface Stand {
  readonly at: WallTime;
  readonly standings: readonly Standing[];
}

/** What came of an order. */
export interface Ordered extends Stand {
  /** Whether the kernel has it. If not it is kept all the same, and counts as soon as it can: `notes` say why. */
  readonly isConfirmed: boolean;
  /** Active connections that servers had before, in the order of `standings`. */
  readonly before: readonly number[];
  /** Services whose quorum it takes, with what that does to other servers. */
  readonly losses: readonly QuorumLoss[];
  /** What may surprise, as sentences. */
  readonly notes: readonly string[];
}

export interface OrderRefusal {
  readonly code: TargetRefusal['code'] | 'conflict' | 'stopping' | 'check_unavailable' | 'ipvs_unavailable';
  readonly message: string;
}

/** What an operator has the real servers do. Names are `SERVER[@SERVICE]`. */
export interface CoreServerOrders {
  start(): void;
  placed(): readonly PlacedOrder[];
  /** There is another configuration: orders for servers that it has no more are dropped. */
  reloaded(): void;
  /** Nothing is ordered from now on. */
  stop(): void;
  /** Answers when the kernel has what follows, and after some 10 s if it has not. One at a time. */
  give(name: string, wish: OrderWish): Promise<Result<Ordered, OrderRefusal>>;
  look(name: string): Promise<Result<Stand, OrderRefusal>>;
}

/** Between two looks at what has come of it. */
const PAUSE = 100;
/** Less than the control socket waits for an answer; reading 10,000 servers takes seconds. */
const LONGEST: Millis = millis(10_000);
/** Whoever has waited that long for others is confirmed if that takes no longer. */
const LEAST: Millis = millis(1000);

const keysOf = (targets: readonly OrderTarget[]) =>
  targets.map(({ service, server }) => ({ service: service.key, server: server.key }));

const placeOf = ({ service, server }: OrderTarget) => ({
  service: serviceKey(service.key),
  server: destKey(server.key),
});

export function createCoreServerOrders(door: ServerOrdersDoor): CoreServerOrders {
  const { clock, say, state, config, ask, changed } = door;
  let placed: readonly PlacedOrder[] = state.left.ok ? state.left.value : [];
  let before: Promise<unknown> = Promise.resolve();
  let stopping = false;

  const orderNow = (target: OrderTarget): ServerOrder | null =>
    placed.find((one) => sameServer(one, placeOf(target)))?.order ?? null;

  const complain = (what: string, { level, because }: NothingLeft) => {
    if (because === door.saidOf()) return;
    say(level, 'state_unavailable', `${what}: ${because}`, { reason: because });
  };

  const save = async (): Promise<string | null> => {
    const saved = await state.save(placed);
    if (saved.ok) return null;
    complain('orders do not outlive this lbd', { level: 'warn', because: saved.error });
    return saved.error;
  };

  const prune = () => {
    const has = new Set(
      config().services.flatMap(({ key, servers }) =>
        servers.map((server) => `${serviceKey(key)} ${destKey(server.key)}`),
      ),
    );
    const gone = placed.filter(({ service, server }) => !has.has(`${service} ${server}`));
    if (gone.length === 0) return;
    placed = placed.filter((one) => !gone.includes(one));
    for (const { service, server, order } of gone) {
      const message = `server ${server} of ${service} is not configured any more: its order ends (${wordOf(order)})`;
      say('warn', 'server_order', message, { service, server, order: 'none', former: order.kind });
    }
    before = before.then(save);
  };

  const place = (targets: readonly OrderTarget[], wish: OrderWish): readonly (ServerOrder | null)[] => {
    const since = clock.wall();
    return targets.map((target) => {
      const { service, server } = target;
      const order = orderOf(wish, service.drainTimeout, since);
      const former = orderNow(target);
      const others = placed.filter((one) => !sameServer(one, placeOf(target)));
      placed = order === null ? others : [...others, { ...placeOf(target), order }];
      const what = order === null ? 'ready: its health decides' : wordOf(order);
      say(
        'info',
        'server_order',
        `an operator orders of server ${destKey(server.key)} of ${service.name}: ${what}`,
        {
          service: service.name,
          server: destKey(server.key),
          order: order?.kind ?? 'none',
          former: former?.kind ?? 'none',
        },
      );
      return order;
    });
  };

  const boundOf = (end: Instant): Millis =>
    millis(Math.max(PAUSE, microsToMillis(elapsed(clock.now(), end))));

  /** Looks until the kernel has what was ordered, and no longer than `end`. `last` is what check said before the order. */
  const settle = async (
    targets: readonly OrderTarget[],
    orders: readonly (ServerOrder | null)[],
    end: Instant,
    last: Part<CheckStatus>,
  ): Promise<Pick<Ordered, 'standings' | 'isConfirmed' | 'notes'>> => {
    const unconfirmed = (standings: readonly Standing[], why: string) => {
      return { standings, isConfirmed: false, notes: [`ordered and kept, but not confirmed: ${why}`] };
    };
    let status = last;
    while (status.available || clock.now() < end) {
      status = await ask(boundOf(end));
      const standings = status.available ? standingsOf(status.value, keysOf(targets)) : [];
      const all = (is: typeof isInForce) =>
        targets.every((target, i) => {
          const standing = standings.find(({ service, server }) =>
            sameServer({ service: serviceKey(service.key), server: destKey(server.key) }, placeOf(target)),
          );
          return standing !== undefined && is(standing, orders[i] ?? null);
        });
      if (status.available) {
        const { table } = status.value;
        if (table.available && all(isInForce)) return { standings, isConfirmed: true, notes: [] };
        const isLate = clock.now() >= end;
        if (!table.available && (isLate || all(isKnown))) {
          return unconfirmed(standings, `it counts once there is IPVS: ${table.reason}`);
        }
        if (isLate) return unconfirmed(standings, 'the kernel has not taken it up yet: see lbctl status');
      }
      await sleep(PAUSE);
    }
    return unconfirmed([], `it counts as soon as check answers: ${status.reason}`);
  };

  /** `until` is when somebody wants an answer. */
  const perform = async (
    name: string,
    wish: OrderWish,
    until: Instant,
  ): Promise<Result<Ordered, OrderRefusal>> => {
    if (stopping) return err({ code: 'stopping', message: 'lbd is stopping' });
    const targets = findTargets(config().services, name);
    if (!targets.ok) return targets;
    const out = wish.kind === 'weight' ? targets.value.find((target) => isOut(orderNow(target))) : undefined;
    if (out !== undefined) {
      const name = `${destKey(out.server.key)} of ${out.service.name}`;
      const message = `${name} is out of the table by order, and a weight would put it back: lbctl ready comes first`;
      return err({ code: 'conflict', message });
    }
    const least = later(clock.now(), millisToMicros(LEAST));
    const end = until > least ? until : least;
    const asked = await ask(boundOf(end));
    const earlier = asked.available ? standingsOf(asked.value, keysOf(targets.value)) : [];
    const orders = place(targets.value, wish);
    const unsaved = await save();
    changed();
    const { standings, isConfirmed, notes } = await settle(targets.value, orders, end, asked);
    return ok({
      at: clock.wall(),
      standings,
      isConfirmed,
      before: standings.map(({ service, server }) => {
        const one = earlier.find(
          (old) =>
            serviceKey(old.service.key) === serviceKey(service.key) &&
            destKey(old.server.key) === destKey(server.key),
        );
        return one?.dest?.activeConns ?? 0;
      }),
      losses: asked.available
        ? quorumLosses(
            targets.value.map((target) => target.service),
            asked.value,
            standings.map((standing) => standing.service),
          )
        : [],
      notes: [
        ...notes,
        ...noteGroup(config().services, name, targets.value),
        ...(wish.kind === 'drain' ? noteTemplates(targets.value, door.sysctl) : []),
        ...(unsaved === null ? [] : [`this does not outlive lbd: ${unsaved}`]),
      ],
    });
  };

  return {
    start() {
      if (!state.left.ok) complain('starts without the orders of a former lbd', state.left.error);
      prune();
      for (const { service, server, order } of placed) {
        const message = `server ${server} of ${service} is as an operator ordered: ${wordOf(order)}`;
        say('info', 'server_order', message, { service, server, order: order.kind, former: order.kind });
      }
    },
    placed: () => placed,
    reloaded: prune,
    stop() {
      stopping = true;
    },
    give(name, wish) {
      const until = later(clock.now(), millisToMicros(LONGEST));
      const outcome = before.then(() => perform(name, wish, until));
      before = outcome;
      return outcome;
    },
    async look(name) {
      const targets = findTargets(config().services, name);
      if (!targets.ok) return targets;
      const status = await ask(LONGEST);
      if (!status.available) return err({ code: 'check_unavailable', message: status.reason });
      const { table } = status.value;
      if (!table.available) return err({ code: 'ipvs_unavailable', message: table.reason });
      return ok({ at: clock.wall(), standings: standingsOf(status.value, keysOf(targets.value)) });
    },
  };
}
