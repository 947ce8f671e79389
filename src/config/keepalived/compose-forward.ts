import { mistake } from '../diagnostic.ts';
import type { WrittenServer, WrittenService } from '../schema/services.ts';
import type { Scope } from './compose-scope.ts';
import { oneOf, readWord, sayAt, saySurplus, wholeNumber } from './compose-values.ts';
import type { Statement } from './statement.ts';

type Tunnel = NonNullable<WrittenServer['tunnel']>;

export interface Forwarding {
  readonly forward: WrittenService['forward'];
  /** Undefined for the usual one, ipip. */
  readonly tunnel: Tunnel | undefined;
}

const FORWARDS = { NAT: 'nat', DR: 'dr', TUN: 'tun' } as const;

/** `NAT`, `DR` or `TUN [type ipip|gue port N|gre] [nocsum|csum|remcsum]`. Null after an error. */
export function readForwarding(statement: Statement, scope: Scope): Forwarding | null {
  const [keyword, word] = statement.words;
  if (word === undefined) {
    sayAt(scope, statement, keyword, mistake('missing_value', `"${keyword.text}" needs a value`));
    return null;
  }
  const kind = readWord(word, statement, scope, oneOf(['NAT', 'DR', 'TUN'], 'way of forwarding', scope));
  if (kind === null) return null;
  const forward = FORWARDS[kind.value];
  if (forward !== 'tun') {
    saySurplus(statement, scope, 2);
    return { forward, tunnel: undefined };
  }
  const tunnel = readTunnel(statement, scope);
  return tunnel === null ? null : { forward, tunnel: statement.words.length > 2 ? tunnel : undefined };
}

const CHECKSUMS = { nocsum: 'none', csum: 'csum', remcsum: 'remcsum' } as const;

function readTunnel(statement: Statement, scope: Scope): Tunnel | null {
  let tunnel: Tunnel = { type: 'ipip', checksum: 'none' };
  for (let i = 2; i < statement.words.length; i++) {
    const word = statement.words[i];
    if (word === undefined) break;
    const option = readWord(
      word,
      statement,
      scope,
      oneOf(['type', 'port', 'nocsum', 'csum', 'remcsum'], 'word of a tunnel', scope),
    );
    if (option === null) return null;
    if (option.value !== 'type' && option.value !== 'port') {
      tunnel = { ...tunnel, checksum: CHECKSUMS[option.value] };
      continue;
    }
    const value = statement.words[++i];
    if (value === undefined) {
      sayAt(scope, statement, word, mistake('missing_value', `"${word.text}" needs a value`));
      return null;
    }
    if (option.value === 'port') {
      const port = readWord(value, statement, scope, wholeNumber(1, 65_535));
      if (port === null) return null;
      tunnel = { ...tunnel, port: port.value };
    } else {
      const type = readWord(value, statement, scope, oneOf(['ipip', 'gue', 'gre'], 'type of tunnel', scope));
      if (type === null) return null;
      tunnel = { ...tunnel, type: type.value };
    }
  }
  return tunnel;
}
