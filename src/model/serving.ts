import { isOut } from './orders.ts';
import type { ServiceStatus } from './status.ts';

/** Whether one of its own servers would take new connections, if the service has its quorum. */
export const hasServing = ({ servers }: Pick<ServiceStatus, 'servers'>): boolean =>
  servers.some(
    ({ health, order, draining, effectiveWeight }) =>
      health !== 'down' && !isOut(order) && draining === null && effectiveWeight > 0,
  );
