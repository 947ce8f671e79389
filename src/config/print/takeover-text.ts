import type { HeartbeatConfig, TakeoverConfig } from '../../model/config.ts';
import { printDuration } from '../duration.ts';
import { HEARTBEAT_KEYS } from '../schema/takeover.ts';
import { microsUnless, unless } from './common.ts';
import { keyText } from './key-text.ts';

const [USUAL] = HEARTBEAT_KEYS.heartbeat.parse([{ local: '192.0.2.1', peer: '192.0.2.2' }]);

/** The keys of what is asked before a takeover. */
export const writeTakeover = (takeover: TakeoverConfig | null) =>
  takeover === null
    ? undefined
    : {
        gateway: takeover.gateway ?? undefined,
        suspect_hold: takeover.suspectHold === null ? undefined : printDuration(takeover.suspectHold),
        witness: takeover.witness ?? undefined,
      };

/** The keys of the second paths between directors. */
export const writeHeartbeat = (heartbeat: HeartbeatConfig | null) =>
  heartbeat === null
    ? {}
    : {
        heartbeat: heartbeat.paths.map(({ local, peer, port, interval, failover, witness }) => ({
          local,
          peer,
          port: unless(USUAL?.port, port),
          interval: USUAL === undefined ? printDuration(interval) : microsUnless(USUAL.interval, interval),
          failover: unless(false, failover),
          witness: unless(false, witness),
        })),
        heartbeat_key: keyText(heartbeat.key),
      };
