import type { Family, Ip } from '../../base/ip.ts';
import { type AddressRange, parseAddressRange } from '../address-range.ts';
import { mistake, warning } from '../diagnostic.ts';
import { hostAddress } from '../schema/scalars.ts';
import { enterLines, pathTo, type Scope } from './compose-scope.ts';
import { oneOf, readWord, sayAt, saySurplus, schemed, wholeNumber } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

/** What a service is reached by; a mark's family is null where nothing tells it. */
export type Entrance =
  | ({ readonly kind: 'address'; readonly port: number; readonly word: Word } & AddressRange)
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

/** How many services of the kernel's these are. */
export const countEntrances = (entrances: readonly Entrance[]): number =>
  entrances.reduce((sum, each) => sum + (each.kind === 'address' ? each.count : 1), 0);

/** A `virtual_server_group`: every address, range and mark of it, in order. Null after an error. */
export function readGroup(statement: Statement, scope: Scope, room: number): readonly Entrance[] | null {
  const within = enterLines(scope, statement, true);
  const found: Entrance[] = [];
  let isSound = true;
  let count = 0;
  for (const line of statement.block ?? []) {
    const [word] = line.words;
    if (word.text === 'fwmark') {
      const mark = readMark(line, 0, within);
      if (mark === null) isSound = false;
      else found.push(mark);
      count++;
      continue;
    }
    const addresses = readWord(word, line, within, ({ text }) => parseAddressRange(text));
    const portWord = line.words[1];
    const port = portWord === undefined ? null : readWord(portWord, line, within, portNumber);
    saySurplus(line, within, 2);
    if (addresses === null || (portWord !== undefined && port === null)) isSound = false;
    else {
      count += addresses.value.count;
      if (count > room) {
        const text = `groups have at most ${MOST_ENTRANCES} addresses`;
        sayAt(within, line, word, mistake('too_large', text));
        return null;
      }
      found.push({ kind: 'address', ...addresses.value, port: port?.value ?? 0, word });
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
