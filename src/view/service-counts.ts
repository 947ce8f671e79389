import { isOut } from '../model/orders.ts';
import { destKey } from '../model/services.ts';
import type { ServerStatus, ServiceStatus } from '../model/status.ts';

export interface ServiceCounts {
  /** Of the configuration, in or out. */
  readonly members: readonly ServerStatus[];
  /** Those of them that clients get to: neither down nor out by order, and in the kernel. */
  readonly up: readonly ServerStatus[];
  readonly removedByHand: number;
  readonly addedByHand: number;
}

/**
 * The servers of a service that its summary counts. `inKernel` are those that the kernel has, by destKey; null where it
 * has no such service or could not be read, and health is all that is known.
 */
export function countServers(
  { servers, sorryServer }: Pick<ServiceStatus, 'servers' | 'sorryServer'>,
  inKernel: ReadonlySet<string> | null,
): ServiceCounts {
  const isAdded = ({ byHand, order }: ServerStatus) =>
    byHand !== null && byHand.attrs !== null && byHand.configured === null && order === null;
  // A server that is drained has left the configuration, unless an order drains it.
  const known = servers.filter(({ draining, order }) => draining === null || order !== null);
  const members = known.filter((server) => !isAdded(server));
  // While a sorry server serves, the others are out with all their health.
  const isThere = ({ key }: ServerStatus) =>
    inKernel === null || sorryServer?.serves === true || inKernel.has(destKey(key));
  return {
    members,
    up: members.filter((server) => server.health !== 'down' && !isOut(server.order) && isThere(server)),
    removedByHand: members.filter(({ byHand, order }) => byHand?.attrs === null && !isOut(order)).length,
    addedByHand: known.length - members.length,
  };
}

/** `['1 removed by hand', '2 added by hand']`; nothing for none. */
export const showByHandCounts = ({ removedByHand, addedByHand }: ServiceCounts): readonly string[] => [
  ...(removedByHand === 0 ? [] : [`${removedByHand} removed by hand`]),
  ...(addedByHand === 0 ? [] : [`${addedByHand} added by hand`]),
];
