import type { Millis, WallTime } from '../base/units.ts';
import type { ServerConfig, ServiceConfig } from './config.ts';
import { destKey, serviceKey } from './services.ts';

/** What an operator has ordered of one real server of one service. It holds until the next order. */
export type ServerOrder =
  /** No new connections; it leaves the table when the last one has ended, or after `limit`. */
  | { readonly kind: 'drain'; readonly since: WallTime; readonly limit: Millis }
  /** Out of the table at once. */
  | { readonly kind: 'maint'; readonly since: WallTime }
  | { readonly kind: 'weight'; readonly since: WallTime; readonly weight: OrderedWeight };

/** A weight of its own, or so many percent of what it would have without the order. */
export interface OrderedWeight {
  /** 0–2147483647, or percent. */
  readonly count: number;
  readonly isPercent: boolean;
}

/** An order and whom it is about, by serviceKey and destKey. */
export interface PlacedOrder {
  readonly service: string;
  readonly server: string;
  readonly order: ServerOrder;
}

/** How a drain that was ordered ended. */
export interface DrainEnd {
  readonly how: 'idle' | 'timeout';
  /** Active connections that ended with it. */
  readonly cut: number;
  readonly at: WallTime;
}

/** The order for a server of a service; null for none. */
export type OrderOf = (service: ServiceConfig, server: ServerConfig) => ServerOrder | null;

/** The kernel's (`int` in ip_vs_dest_user_kern). */
export const MOST_WEIGHT = 2_147_483_647;

export const sameServer = (
  a: Pick<PlacedOrder, 'service' | 'server'>,
  b: Pick<PlacedOrder, 'service' | 'server'>,
): boolean => a.service === b.service && a.server === b.server;

export function orderAmong(orders: readonly PlacedOrder[]): OrderOf {
  const byName = new Map(orders.map(({ service, server, order }) => [`${service} ${server}`, order]));
  return (service, server) => byName.get(`${serviceKey(service.key)} ${destKey(server.key)}`) ?? null;
}

/** Whether an order has the server out, whatever its health. */
export const isOut = (order: Pick<ServerOrder, 'kind'> | null): boolean =>
  order !== null && order.kind !== 'weight';

/**
 * What a weight becomes by an order. A part of a weight is at least 1, unless 0 % are asked for, and at most what the
 * kernel takes.
 */
export function orderedWeight(order: ServerOrder | null, weight: number): number {
  if (order?.kind !== 'weight') return weight;
  const { count, isPercent } = order.weight;
  if (!isPercent) return count;
  if (count === 0 || weight === 0) return 0;
  return Math.min(MOST_WEIGHT, Math.max(1, Math.round((weight * count) / 100)));
}

/** The service without the servers that orders have out. */
export const withoutOut = (service: ServiceConfig, orderOf: OrderOf): ServiceConfig => ({
  ...service,
  servers: service.servers.filter((server) => !isOut(orderOf(service, server))),
});

/** The service as if its file said what is ordered: without the servers that are out, and with the weights. */
export function withOrders(service: ServiceConfig, orderOf: OrderOf): ServiceConfig {
  const servers = withoutOut(service, orderOf).servers.map((server) => {
    const weight = orderedWeight(orderOf(service, server), server.attrs.weight);
    return weight === server.attrs.weight ? server : { ...server, attrs: { ...server.attrs, weight } };
  });
  return { ...service, servers };
}

/** `5`, `50%`. */
export const printOrderedWeight = ({ count, isPercent }: OrderedWeight): string =>
  isPercent ? `${count}%` : `${count}`;

/** Null for anything else, and for more than the kernel takes. */
export function parseOrderedWeight(text: string): OrderedWeight | null {
  const [, digits, percent] = /^(\d{1,10})(%?)$/.exec(text) ?? [];
  const count = Number(digits);
  return digits === undefined || count > MOST_WEIGHT ? null : { count, isPercent: percent === '%' };
}
