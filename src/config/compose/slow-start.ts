import { warning } from '../diagnostic.ts';
import type { Path } from '../path.ts';
import type { WrittenService } from '../schema/services.ts';
import type { Say } from './say.ts';

/** Schedulers that share connections by weight (net/netfilter/ipvs); the others only look whether it is 0, or hash. */
const BY_WEIGHT: ReadonlySet<string> = new Set(['wrr', 'wlc', 'lblc', 'lblcr', 'sed', 'nq', 'twos']);
/** Less has no tenth to begin with. */
const ENOUGH = 10;

/** Says where a rising weight would not show, or would show otherwise than one expects. */
export function saySlowStart({ slow_start, servers, scheduler }: WrittenService, say: Say): void {
  const slow = servers.filter((server) => (server.slow_start ?? slow_start) > 0);
  const own = servers.findIndex((server) => (server.slow_start ?? 0) > 0);
  const path: Path = slow_start > 0 ? ['slow_start'] : ['servers', own, 'slow_start'];
  if (slow.length === 0) return;
  if (!BY_WEIGHT.has(scheduler)) {
    const isHash = ['sh', 'mh', 'dh'].includes(scheduler);
    const effect = isHash ? 'moves clients to other servers with every step' : 'has no effect';
    const text = `slow_start ${effect} with the scheduler ${scheduler}: take one that shares by weight, such as wlc`;
    say(path, warning('weight_ignored', text));
  } else if (slow.some(({ weight }) => weight > 0 && weight < ENOUGH)) {
    const text = `slow_start goes in whole weights, and some servers have less than ${ENOUGH}: give them 100, or the like`;
    say(path, warning('weight_ignored', text));
  }
}
