import { mistake, warning } from '../diagnostic.ts';
import { hostAddress } from '../schema/scalars.ts';
import type { WrittenPeer } from '../schema/vrrp.ts';
import type { InstanceDraft } from './compose-instance.ts';
import { Mark } from './compose-marks.ts';
import { enterLines, leaveAll, markOf, type Scope } from './compose-scope.ts';
import { oneOf, readWord, sayAt, saySurplus, schemed, wholeNumber } from './compose-values.ts';
import type { Statement } from './statement.ts';

/** The lines of unicast_peer: `ADDRESS [min_ttl N] [max_ttl N]`. */
export function readPeers(statement: Statement, draft: InstanceDraft, scope: Scope): void {
  saySurplus(statement, scope, 1);
  const mark = draft.mark.inside.get('unicast_peers') ?? markOf(scope, statement);
  draft.mark.inside.set('unicast_peers', mark);
  draft.isUnicast = true;
  const within = enterLines(scope, statement);
  for (const line of statement.block ?? []) {
    const peer = readPeer(line, within);
    if (peer === null) {
      draft.broken.add('unicast_peers');
      continue;
    }
    if (draft.peers.some(({ address }) => address === peer.address)) {
      const text = `${peer.address} is a peer already, and the first one counts`;
      sayAt(within, line, line.words[0], warning('duplicate_address', text));
      leaveAll(line, within, 'here', text);
      continue;
    }
    mark.inside.set(draft.peers.length, new Mark(line.words[0], within));
    draft.peers.push(peer);
  }
}

function readPeer(line: Statement, scope: Scope): WrittenPeer | null {
  const [word, ...rest] = line.words;
  const peer = readWord(word, line, scope, schemed(hostAddress));
  if (peer === null) return null;
  const limits = { min_ttl: 0, max_ttl: 255, isLimited: false };
  for (let i = 0; i < rest.length; i += 2) {
    const key = rest[i];
    if (key === undefined) break;
    const name = readWord(key, line, scope, oneOf(['min_ttl', 'max_ttl'], 'limit of a peer', scope))?.value;
    const value = rest[i + 1];
    if (name === undefined) return null;
    if (value === undefined) {
      sayAt(scope, line, key, mistake('missing_value', `"${name}" needs a value`));
      return null;
    }
    const limit = readWord(value, line, scope, wholeNumber(0, 255));
    if (limit === null) return null;
    limits[name] = limit.value;
    limits.isLimited = true;
  }
  if (limits.min_ttl > limits.max_ttl) {
    const text = `min_ttl ${limits.min_ttl} is above max_ttl ${limits.max_ttl}`;
    sayAt(scope, line, word, mistake('bad_value', text));
    return null;
  }
  return { address: peer.value, ...limits };
}
