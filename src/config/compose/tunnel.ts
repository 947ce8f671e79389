import type { Tunnel } from '../../model/services.ts';
import { mistake } from '../diagnostic.ts';
import type { WrittenTunnel } from '../schema/services.ts';
import type { Say } from './say.ts';

export const composeTunnel = (written: WrittenTunnel | undefined): Tunnel => ({
  type: written?.type ?? 'ipip',
  port: written?.port ?? 0,
  checksum: written?.checksum ?? 'none',
});

/** Reports what does not fit together in a tunnel; `used` when servers are reached through it. */
export function sayTunnel(written: WrittenTunnel | undefined, used: boolean, say: Say): void {
  if (written === undefined) return;
  const { type, port, checksum } = written;
  if (!used) say(['tunnel'], mistake('conflicting_keys', '"tunnel" needs forward: tun'));
  if (type === 'gue' && port === undefined) {
    say(['tunnel', 'port'], mistake('missing_key', 'the key "port" is missing: gue needs a UDP port'));
  }
  if (type !== 'gue' && port !== undefined) {
    say(['tunnel', 'port'], mistake('conflicting_keys', `${type} has no port, only gue has`));
  }
  const possible = { ipip: ['none'], gue: ['none', 'csum', 'remcsum'], gre: ['none', 'csum'] }[type];
  if (!possible.includes(checksum)) {
    const text = `${type} has no ${checksum}`;
    say(['tunnel', 'checksum'], mistake('conflicting_keys', text, { allowed: possible }));
  }
}
