import { type Family, ipFamily } from '../../base/ip.ts';
import type { HeartbeatConfig, TakeoverConfig } from '../../model/config.ts';
import { mistake } from '../diagnostic.ts';
import type { WrittenFile } from '../schema/file.ts';
import type { WrittenTakeover } from '../schema/takeover.ts';
import { secretOf } from './hmac.ts';
import type { Say } from './say.ts';

/** What is asked before a takeover; null where nothing is. */
export function takeoverOf(
  written: WrittenTakeover | undefined,
  family: Family,
  say: Say,
): TakeoverConfig | null {
  if (written === undefined) return null;
  const { gateway, suspect_hold: suspectHold } = written;
  if (gateway !== undefined && ipFamily(gateway) !== family) {
    const text = `an instance of ${family === 'inet' ? 'IPv4' : 'IPv6'} addresses cannot ask ${gateway}`;
    say(['takeover', 'gateway'], mistake('mixed_families', text));
  }
  return { gateway: gateway ?? null, suspectHold: suspectHold ?? null };
}

type Written = Pick<WrittenFile, 'heartbeat' | 'heartbeat_key'>;

/** The second paths between the directors; null for none. */
export function composeHeartbeat(
  { heartbeat, heartbeat_key: key }: Written,
  say: Say,
): HeartbeatConfig | null {
  if (heartbeat.length === 0) {
    if (key !== undefined) {
      say(['heartbeat_key'], mistake('missing_key', 'a key for heartbeats, and no path: write heartbeat'));
    }
    return null;
  }
  if (key === undefined) {
    say(['heartbeat'], mistake('missing_key', 'heartbeats have to be signed: write heartbeat_key'));
  }
  const known = new Set<string>();
  for (const [i, { local, peer, port }] of heartbeat.entries()) {
    if (ipFamily(local) !== ipFamily(peer)) {
      say(['heartbeat', i, 'local'], mistake('mixed_families', `${peer} cannot be reached from ${local}`));
    }
    if (/^fe[89ab]/.test(peer)) {
      const text = `${peer} is link-local and does not tell the link: give the path addresses of its own`;
      say(['heartbeat', i, 'peer'], mistake('bad_value', text));
    }
    const ends = `${local} ${peer} ${port}`;
    if (known.has(ends)) say(['heartbeat', i], mistake('conflicting_keys', 'there is such a path already'));
    known.add(ends);
  }
  return { key: secretOf(key ?? ''), paths: heartbeat };
}
