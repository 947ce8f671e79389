import { millis } from '../../src/base/units.ts';
import type { ServerConfig, ServiceConfig } from '../../src/model/config.ts';
import type { ServiceStatus } from '../../src/model/status.ts';
import type { ServiceView } from '../../src/plan/desired.ts';

/** Of a service about which nothing special is configured. */
export const PLAIN_SERVICE = {
  quorum: { quorum: 1, hysteresis: 0, up: null, down: null },
  sorry: null,
  omega: false,
  haSuspend: false,
  mail: false,
} satisfies Partial<ServiceConfig>;

/** Of such a server. */
export const PLAIN_SERVER = {
  inhibitOnFailure: false,
  slowStart: millis(0),
  notifyUp: null,
  notifyDown: null,
  mail: true,
} satisfies Partial<ServerConfig>;

/** Of a service of which nothing special is shown. */
export const PLAIN_STATUS = {
  quorum: null,
  sorryServer: null,
  suspended: false,
  byHand: null,
} satisfies Partial<ServiceStatus>;

/** Every server is up, and weighs what it is configured to. */
export const ALL_UP: ServiceView = {
  health: () => 'up',
  weight: (_service, { attrs }) => attrs.weight,
  hasQuorum: () => true,
};
