import { type Family, ipFamily } from '../../base/ip.ts';
import type { HeartbeatConfig, TakeoverConfig } from '../../model/config.ts';
import { mistake, warning } from '../diagnostic.ts';
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
  const { gateway, suspect_hold: suspectHold, witness } = written;
  if (gateway !== undefined && ipFamily(gateway) !== family) {
    const text = `an instance of ${family === 'inet' ? 'IPv4' : 'IPv6'} addresses cannot ask ${gateway}`;
    say(['takeover', 'gateway'], mistake('mixed_families', text));
  }
  return { gateway: gateway ?? null, suspectHold: suspectHold ?? null, witness: witness ?? null };
}

type Written = Pick<WrittenFile, 'heartbeat' | 'heartbeat_key' | 'vrrp'>;

/** The second paths between the directors, and those to their witnesses; null for none. */
export function composeHeartbeat(written: Written, say: Say): HeartbeatConfig | null {
  const { heartbeat, heartbeat_key: key } = written;
  sayWitnesses(written, say);
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
  for (const [i, { local, peer, port, failover, witness }] of heartbeat.entries()) {
    if (failover && witness) {
      const text = 'a witness is never master, so that its silence is nobody\'s death: leave "failover" out';
      say(['heartbeat', i, 'failover'], mistake('conflicting_keys', text));
    }
    if (ipFamily(local) !== ipFamily(peer)) {
      say(['heartbeat', i, 'local'], mistake('mixed_families', `${peer} cannot be reached from ${local}`));
    }
    if (local === peer) {
      say(['heartbeat', i, 'peer'], mistake('bad_value', `${peer} is this end itself: give the other one`));
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

function sayWitnesses({ heartbeat, vrrp }: Written, say: Say): void {
  const witnesses = [...heartbeat.entries()].filter(([, { witness }]) => witness);
  const asking = Object.entries(vrrp).filter(([, { takeover }]) => takeover?.witness !== undefined);
  for (const [name, { takeover, lease, priority, state }] of asking) {
    const at = ['vrrp', name, 'takeover', 'witness'];
    if (witnesses.length === 0) {
      const text = 'there is no witness to ask: add "witness: true" to the heartbeat paths that lead to one';
      say(at, mistake('missing_key', text));
    }
    if (takeover?.witness !== 'required') continue;
    const isOwner = priority === 255 || (priority === undefined && state === 'MASTER');
    if (lease !== 'off' && !isOwner) continue;
    const keeps = isOwner ? 'priority 255 owns its addresses' : 'lease: off leaves them where they are';
    const text = `a director that dies has to lose its addresses before another is granted them, and ${keeps}: write ${isOwner ? 'another priority' : 'lease: serve'}, or witness: preferred`;
    say(at, mistake('conflicting_keys', text));
  }
  const [first] = witnesses;
  if (first === undefined) return;
  const [i] = first;
  for (const [j, { peer }] of witnesses) {
    if (witnesses.some(([other, one]) => other < j && one.peer === peer)) {
      say(
        ['heartbeat', j],
        mistake('conflicting_keys', 'there is a path to this witness already: it counts once'),
      );
    }
  }
  const odd = (text: string) => say(['heartbeat', i, 'witness'], warning('value_unusual', text));
  if (asking.length === 0) odd('no instance asks its witnesses: write takeover: { witness: required }');
  else if (witnesses.length % 2 === 0) {
    odd(
      `${witnesses.length} witnesses may lose no more of them than ${witnesses.length - 1}: take an odd number`,
    );
  } else if (witnesses.length === 1 && asking.some(([, { takeover }]) => takeover?.witness === 'required')) {
    odd('with a single witness nobody is master while it does not answer: three may lose one');
  }
}
