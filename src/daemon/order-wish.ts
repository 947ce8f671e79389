import type { Millis } from '../base/units.ts';
import { type OrderedWeight, printOrderedWeight, type ServerOrder } from '../model/orders.ts';
import type { OrderTarget } from './order-targets.ts';

/** What somebody wants of servers. */
export type OrderWish =
  /** Null for the drain timeout of the service. */
  | { readonly kind: 'drain'; readonly timeout: Millis | null }
  | { readonly kind: 'maint' }
  | { readonly kind: 'weight'; readonly weight: OrderedWeight }
  | { readonly kind: 'ready' };

/** The order that follows for a server of a service with this drain timeout; null for none. */
export function orderOf(
  wish: OrderWish,
  drainTimeout: Millis,
  since: ServerOrder['since'],
): ServerOrder | null {
  switch (wish.kind) {
    case 'ready':
      return null;
    case 'maint':
      return { kind: 'maint', since };
    case 'weight':
      return { kind: 'weight', since, weight: wish.weight };
    case 'drain':
      return { kind: 'drain', since, limit: wish.timeout ?? drainTimeout };
  }
}

/** An order for the log. */
export function wordOf(order: ServerOrder): string {
  switch (order.kind) {
    case 'maint':
      return 'maintenance, out of the table';
    case 'weight':
      return `weight ${printOrderedWeight(order.weight)}`;
    case 'drain':
      return `drain within ${order.limit / 1000} s, then out of the table`;
  }
}

/** With it a template of persistence counts for nothing whose server has weight 0 (ip_vs_check_template, ip_vs_conn.c). */
const EXPIRE_QUIESCENT = 'net.ipv4.vs.expire_quiescent_template';

/** What persistence does to a drain, a sentence for each service that has it. */
export function noteTemplates(
  targets: readonly OrderTarget[],
  sysctl: (name: string) => string | null,
): readonly string[] {
  const services = new Map(targets.map(({ service }) => [service.name, service.attrs.persistence]));
  return [...services].flatMap(([name, persistence]) => {
    if (persistence === null) return [];
    const value = sysctl(EXPIRE_QUIESCENT);
    const known = `${EXPIRE_QUIESCENT} is ${value ?? 'not there'}`;
    return value !== null && value !== '0'
      ? [`${name} is persistent, and ${known}: clients that were sent to a drained server go to another one`]
      : [
          `${name} is persistent (${persistence.timeout} s), and ${known}: clients that were sent to a drained server still get new connections to it, so that this may last until its limit; with 1 they go to another server at once`,
        ];
  });
}
