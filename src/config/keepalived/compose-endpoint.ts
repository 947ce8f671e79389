import { type Family, type Ip, ipBytes, ipFamily, ipFromBytes, parseIp } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { mistake, type Problem, warning } from '../diagnostic.ts';
import { hostAddress } from '../schema/scalars.ts';
import { enterLines, pathTo, type Scope } from './compose-scope.ts';
import { oneOf, readWord, sayAt, saySurplus, schemed, show, wholeNumber } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

/** What a service is reached by; a mark's family is null where nothing tells it. */
export type Entrance =
  | { readonly kind: 'address'; readonly address: Ip; readonly port: number; readonly word: Word }
  | { readonly kind: 'fwmark'; readonly fwmark: number; readonly family: Family | null; readonly word: Word };

/** `ADDRESS [PORT]` from a word of a statement on; port null where there is none. Null after an error. */
export function readEndpoint(
  statement: Statement,
  from: number,
  scope: Scope,
): {
  readonly address: Ip;
  readonly port: number | null;
  readonly word: Word;
  readonly portWord: Word;
} | null {
  const word = statement.words[from];
  const keyword = statement.words[0];
  if (word === undefined) {
    sayAt(scope, statement, keyword, mistake('missing_value', `"${keyword.text}" needs an address`));
    return null;
  }
  const address = readWord(word, statement, scope, schemed(hostAddress));
  const portWord = statement.words[from + 1];
  const port = portWord === undefined ? null : readWord(portWord, statement, scope, portNumber);
  saySurplus(statement, scope, from + 2);
  if (address === null || (portWord !== undefined && port === null)) return null;
  return { address: address.value, port: port?.value ?? null, word, portWord: portWord ?? word };
}

/** keepalived takes 0 for no port. */
const portNumber = (word: Word) => wholeNumber(0, 65_535)(word);

/** `fwmark NUMBER [FAMILY]`, where the word `fwmark` stands at `at`. */
export function readMark(statement: Statement, at: number, scope: Scope): Entrance | null {
  const word = statement.words[at + 1];
  if (word === undefined) {
    const place = statement.words[at] ?? statement.words[0];
    sayAt(scope, statement, place, mistake('missing_value', '"fwmark" needs a number'));
    return null;
  }
  const fwmark = readWord(word, statement, scope, wholeNumber(1, 4_294_967_295));
  const familyWord = statement.words[at + 2];
  const family =
    familyWord === undefined
      ? null
      : readWord(familyWord, statement, scope, oneOf(['inet', 'inet6'], 'family', scope));
  saySurplus(statement, scope, at + 3);
  if (fwmark === null || (familyWord !== undefined && family === null)) return null;
  return { kind: 'fwmark', fwmark: fwmark.value, family: family?.value ?? null, word };
}

/** All the groups of a file together. */
export const MOST_ENTRANCES = 10_000;

/** A `virtual_server_group`: every address, range and mark of it, in order. Null after an error. */
export function readGroup(statement: Statement, scope: Scope, room: number): readonly Entrance[] | null {
  const within = enterLines(scope, statement, true);
  const found: Entrance[] = [];
  let isSound = true;
  for (const line of statement.block ?? []) {
    const [word] = line.words;
    if (word.text === 'fwmark') {
      const mark = readMark(line, 0, within);
      if (mark === null) isSound = false;
      else found.push(mark);
      continue;
    }
    const addresses = readWord(word, line, within, rangeOf);
    const portWord = line.words[1];
    const port = portWord === undefined ? null : readWord(portWord, line, within, portNumber);
    saySurplus(line, within, 2);
    if (addresses === null || (portWord !== undefined && port === null)) isSound = false;
    else {
      if (found.length + addresses.value.count > room) {
        const text = `groups have at most ${MOST_ENTRANCES} addresses`;
        sayAt(within, line, word, mistake('too_large', text));
        return null;
      }
      for (const address of each(addresses.value))
        found.push({ kind: 'address', address, port: port?.value ?? 0, word });
    }
  }
  if (found.length === 0 && isSound) {
    const text = 'this group has no addresses';
    scope.notes.say(
      statement.words[0],
      warning('entry_skipped', text),
      pathTo(scope, statement.words[0].text),
    );
  }
  return isSound ? found : null;
}

interface Range {
  readonly first: Ip;
  readonly count: number;
}

/** `A`, `A-N` with the last part of an address, `A-B`, or `A/LEN`. */
function rangeOf(word: Word): Result<Range, Problem> {
  const [, from = '', sign = '', to = ''] = /^([^/-]*)([/-]?)(.*)$/s.exec(word.text) ?? [];
  const address = schemed(hostAddress)({ ...word, text: from });
  if (!address.ok) return address;
  const first = address.value;
  if (sign === '') return ok({ first, count: 1 });
  const bits = ipFamily(first) === 'inet' ? 32 : 128;
  if (sign === '/') {
    const prefix = /^\d{1,3}$/.test(to) ? Number(to) : -1;
    if (prefix < 0 || prefix > bits) {
      return err(mistake('bad_value', `${show(word)} has no prefix length behind its /`));
    }
    return ok({ first: networkOf(first, prefix), count: 2 ** (bits - prefix) });
  }
  const last = /[.:]/.test(to) ? parseIp(to) : withLastPart(first, to);
  const count = last === null ? 0 : distance(first, last) + 1;
  return count >= 1
    ? ok({ first, count })
    : err(mistake('bad_value', `${show(word)} is no range: write ${first}-N with a higher last part`));
}

/** The last part is decimal in IPv4 and hex in IPv6. */
function withLastPart(first: Ip, part: string): Ip | null {
  const isIpv4 = ipFamily(first) === 'inet';
  if (!(isIpv4 ? /^\d{1,3}$/ : /^[\da-f]{1,4}$/i).test(part)) return null;
  const value = Number.parseInt(part, isIpv4 ? 10 : 16);
  const bytes = ipBytes(first);
  if (isIpv4) {
    if (value > 255) return null;
    bytes[3] = value;
  } else {
    bytes[14] = value >> 8;
    bytes[15] = value & 255;
  }
  return ipFromBytes(bytes);
}

function networkOf(address: Ip, prefix: number): Ip {
  const bytes = ipBytes(address).map((byte, i) => {
    const kept = Math.max(0, Math.min(8, prefix - 8 * i));
    return byte & (0xff << (8 - kept));
  });
  return ipFromBytes(bytes);
}

/** From the first to the last; negative if that is before it, or of another family. */
function distance(first: Ip, last: Ip): number {
  const from = ipBytes(first);
  const to = ipBytes(last);
  if (from.length !== to.length) return -1;
  return to.reduce((sum, byte, i) => sum * 256 + byte - (from[i] ?? 0), 0);
}

function* each({ first, count }: Range): Generator<Ip> {
  const bytes = ipBytes(first);
  for (let i = 0; i < count; i++) {
    yield ipFromBytes(bytes);
    for (let at = bytes.length - 1; at >= 0; at--) {
      bytes[at] = ((bytes[at] ?? 0) + 1) & 255;
      if (bytes[at] !== 0) break;
    }
  }
}
