import type { Clock } from '../base/clock.ts';
import { type Instant, later, millis, millisToMicros } from '../base/units.ts';
import type { ServiceConfig } from '../model/config.ts';
import { type DrainEnd, isOut, orderAmong, type PlacedOrder, type ServerOrder } from '../model/orders.ts';
import { type DestKey, destKey, type ServiceKey, serviceKey } from '../model/services.ts';
import type { OrderStatus } from '../model/status.ts';
import type { Drained } from '../plan/drain.ts';

interface Known {
  readonly order: ServerOrder;
  /** When a drain is over at the latest. */
  readonly endsAt: Instant;
  ended: DrainEnd | null;
}

const nameOf = (service: ServiceKey, server: DestKey): string => `${serviceKey(service)} ${destKey(server)}`;

/** What operators have ordered of real servers, and how far the drains among that have come. */
export class CheckOrders {
  readonly #clock: Clock;
  #known = new Map<string, Known>();
  #orders: readonly PlacedOrder[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Follows the orders as they are now: a drain that was ordered before goes on. */
  apply(orders: readonly PlacedOrder[]): void {
    const before = this.#known;
    this.#orders = orders;
    this.#known = new Map(
      orders.map(({ service, server, order }) => {
        const name = `${service} ${server}`;
        const known = before.get(name);
        const isSame = known !== undefined && JSON.stringify(known.order) === JSON.stringify(order);
        return [name, isSame ? known : { order, endsAt: this.#endOf(order), ended: null }];
      }),
    );
  }

  of(service: ServiceKey, server: DestKey): ServerOrder | null {
    return this.#find(service, server)?.order ?? null;
  }

  /** The orders as of now. */
  get all(): ReturnType<typeof orderAmong> {
    return orderAmong(this.#orders);
  }

  /** When the drain of a server is over at the latest that began at `since`. */
  endsAt(
    { key, drainTimeout }: Pick<ServiceConfig, 'key' | 'drainTimeout'>,
    server: DestKey,
    since: Instant,
  ) {
    const known = this.#find(key, server);
    if (known === undefined || !isOut(known.order)) return later(since, millisToMicros(drainTimeout));
    return known.order.kind === 'maint' ? since : known.endsAt;
  }

  /** These servers of a service have been drained. */
  ended(service: ServiceKey, finished: readonly Drained[]): void {
    for (const { dest, drain } of finished) {
      const known = this.#find(service, dest.key);
      if (known?.order.kind !== 'drain' || drain.over === null) continue;
      known.ended = { how: drain.over, cut: dest.activeConns, at: this.#clock.wall() };
    }
  }

  show(service: ServiceKey, server: DestKey): OrderStatus | null {
    const known = this.#find(service, server);
    return known === undefined ? null : { ...known.order, ended: known.ended };
  }

  #find(service: ServiceKey, server: DestKey): Known | undefined {
    // Mostly there are none, and thousands of servers.
    return this.#known.size === 0 ? undefined : this.#known.get(nameOf(service, server));
  }

  /** By the wall clock, which all processes share, as far as that can be believed: no longer than was ordered. */
  #endOf(order: ServerOrder): Instant {
    const now = this.#clock.now();
    if (order.kind !== 'drain') return now;
    const left = order.since + order.limit - this.#clock.wall();
    return later(now, millisToMicros(millis(Math.max(0, Math.min(order.limit, left)))));
  }
}
