import type { QuorumConfig } from '../../model/config.ts';
import type { ServiceKey } from '../../model/services.ts';
import { warning } from '../diagnostic.ts';
import type { WrittenService } from '../schema/services.ts';
import type { Say } from './say.ts';

/**
 * When a service is up. It is said where it could not be with the weights of the file. A quorum that its servers cannot weigh, or a hysteresis that is not below it, would never let it
 * come up or go down: as in keepalived (validate_check_config in check_data.c) the greatest that can count does.
 */
export function composeQuorum(written: WrittenService, say: Say): QuorumConfig {
  const { quorum: asked, hysteresis: wanted, servers, quorum_up: up, quorum_down: down } = written;
  const total = servers.reduce((sum, { weight }) => sum + weight, 0);
  const quorum = servers.length === 0 ? asked : Math.max(1, Math.min(asked, total));
  if (quorum < asked) {
    const text = `the servers weigh ${total} together: the quorum is ${quorum}, not ${asked}, as with keepalived`;
    say(['quorum'], warning('quorum_too_high', text));
  }
  const hysteresis = Math.min(wanted, quorum - 1);
  if (hysteresis < wanted) {
    const text = `this is not below the quorum of ${quorum}: the hysteresis is ${hysteresis}, as with keepalived`;
    say(['hysteresis'], warning('quorum_too_high', text));
  }
  if (hysteresis > 0 && servers.length > 0 && quorum + hysteresis > total) {
    const text = `the quorum is gained at a weight of ${quorum + hysteresis}, and the servers weigh ${total} together`;
    say(['hysteresis'], warning('quorum_too_high', text));
  }
  return { quorum, hysteresis, up: up ?? null, down: down ?? null };
}

/** Whether checks pause while the address is elsewhere: a mark has no address. */
export function composeSuspension({ ha_suspend }: WrittenService, key: ServiceKey, say: Say): boolean {
  if (!ha_suspend || key.kind === 'address') return ha_suspend;
  const text = 'a service of a fwmark has no address: its servers are checked always';
  say(['ha_suspend'], warning('value_replaced', text));
  return false;
}
