import { elapsed, type Instant, type Millis, microsToMillis } from '../base/units.ts';
import { destKey } from '../model/services.ts';
import type { DrainStep } from '../plan/drain.ts';
import type { Tell } from './check-tell.ts';

const seconds = (duration: Millis): string => `${Number((duration / 1000).toFixed(1))} s`;
const connections = (count: number): string =>
  count === 1 ? '1 active connection' : `${count} active connections`;

/** Says which servers of a service begin to be drained. */
export function tellDraining(tell: Tell, service: string, { begun }: DrainStep): void {
  for (const { dest, drain } of begun) {
    const { key, activeConns } = dest;
    const server = destKey(key);
    const timeout = microsToMillis(elapsed(drain.since, drain.until));
    const what = `is drained: ${connections(activeConns)}, at most ${seconds(timeout)}`;
    tell('info', 'server_draining', `server ${server} of ${service} ${what}`, {
      service,
      server,
      active_conns: activeConns,
      timeout_ms: timeout,
    });
  }
}

/** Says which servers of a service are removed at last, and how many connections that ends. */
export function tellDrained(tell: Tell, service: string, { finished }: DrainStep, now: Instant): void {
  for (const { dest, drain } of finished) {
    const server = destKey(dest.key);
    const took = microsToMillis(elapsed(drain.since, now));
    const cut = dest.activeConns;
    const how = cut === 0 ? `had no connection left after ${seconds(took)}` : `has had its ${seconds(took)}`;
    const what = took === 0 ? 'is removed at once' : `${how} and is removed`;
    const ends = cut === 0 ? '' : `, ${connections(cut)} cut`;
    const level = cut === 0 ? 'info' : 'warn';
    tell(level, 'server_drained', `server ${server} of ${service} ${what}${ends}`, {
      service,
      server,
      how: drain.over,
      connections_cut: cut,
      took_ms: took,
    });
  }
}
