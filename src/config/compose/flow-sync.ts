import { ipFamily } from '../../base/ip.ts';
import type { FlowSyncConfig } from '../../model/flow-sync.ts';
import { mistake } from '../diagnostic.ts';
import type { WrittenXdp } from '../schema/dataplane.ts';
import type { Say } from './say.ts';

/** With whom flows of the XDP plane are shared; null for nobody. */
export function composeFlowSync({ sync, key }: WrittenXdp, say: Say): FlowSyncConfig | null {
  if (sync === undefined) return null;
  const at = ['xdp', 'sync'];
  if (key === undefined) {
    const text =
      'flows of other directors have to be signed, and to be hashed alike: write xdp: { key: … }, the same on all';
    say(at, mistake('missing_key', text));
  }
  const { local, peers, port } = sync;
  for (const [i, peer] of peers.entries()) {
    const refuse = (code: 'mixed_families' | 'bad_value' | 'conflicting_keys', text: string) =>
      say([...at, 'peers', i], mistake(code, text));
    if (ipFamily(peer) !== ipFamily(local))
      refuse('mixed_families', `${peer} cannot be reached from ${local}`);
    if (peer === local) refuse('bad_value', `${peer} is this end itself: give the others`);
    if (/^fe[89ab]/.test(peer)) {
      refuse(
        'bad_value',
        `${peer} is link-local and does not tell the link: give directors addresses of their own`,
      );
    }
    if (peers.indexOf(peer) < i) refuse('conflicting_keys', `${peer} is there already`);
  }
  return { local, peers, port };
}
