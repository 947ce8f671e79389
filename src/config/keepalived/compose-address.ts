import { type Family, ipFamily, parseIp } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { ADDRESS_SCOPES, type AddressFlag, type AddressScope } from '../../model/addresses.ts';
import { mistake, type Problem, warning } from '../diagnostic.ts';
import { deviceName, hostAddress } from '../schema/scalars.ts';
import { foreignTo, type WrittenAddress, withoutMeaning } from '../schema/virtual-address.ts';
import type { Scope } from './compose-scope.ts';
import { oneOf, readWord, sayAt, schemed, show, wholeNumber } from './compose-values.ts';
import { here } from './keywords/row.ts';
import type { Statement, Word } from './statement.ts';

type Subnet = WrittenAddress['address'];
type Growing = { -readonly [Key in keyof WrittenAddress]: WrittenAddress[Key] };

/** Words that stand alone behind an address, and what they are to `ip address`. */
const FLAGS: Readonly<Record<string, AddressFlag>> = {
  home: 'home',
  '-nodad': 'nodad',
  mngtmpaddr: 'mngtmpaddr',
  noprefixroute: 'noprefixroute',
  autojoin: 'autojoin',
};
const TRACK_GROUP = here('what is lost is put back, and makes no instance fail', 'track_group');
const SCOPES = Object.keys(ADDRESS_SCOPES) as AddressScope[];
const WITH_VALUE = ['dev', 'brd', 'broadcast', 'scope', 'label', 'peer', 'preferred_lft', 'track_group'];
const WORDS = [...WITH_VALUE, ...Object.keys(FLAGS), 'use_vmac', 'no_track'];

export const addressFamily = ({ words }: Statement): Family | null => {
  const address = parseIp(words[0].text.split('/')[0] ?? '');
  return address === null ? null : ipFamily(address);
};

/** The address of a line of virtual_ipaddress, or null after an error. */
export function readVirtualAddress(line: Statement, scope: Scope): WrittenAddress | null {
  const subnet = readWord(line.words[0], line, scope, parseSubnet);
  if (subnet === null) return null;
  const written: Growing = {
    address: subnet.value,
    scope: 'global',
    flags: [],
    use_vmac: false,
    no_track: false,
  };
  const rest = line.words.slice(1);
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i];
    if (word === undefined) break;
    const flag = Object.hasOwn(FLAGS, word.text) ? FLAGS[word.text] : undefined;
    if (flag !== undefined) {
      if (!written.flags.includes(flag)) written.flags = [...written.flags, flag];
      continue;
    }
    if (word.text === 'no_track' || word.text === 'use_vmac') {
      written[word.text] = true;
      continue;
    }
    if (!WORDS.includes(word.text)) {
      const suggestion = scope.notes.suggest(word.text, WORDS);
      const text = `${show(word)} says nothing of an address and is skipped`;
      sayAt(scope, line, word, warning('unknown_keyword', text, { suggestion, allowed: WORDS }));
      continue;
    }
    const value = rest[++i];
    if (value === undefined) {
      sayAt(scope, line, word, mistake('missing_value', `"${word.text}" needs a value`));
      return null;
    }
    if (word.text === 'track_group')
      scope.notes.idle(word, TRACK_GROUP, '"track_group" of an address', scope.path);
    else readDetail(word.text, value, written, line, scope);
  }
  const foreign = foreignTo(written);
  if (foreign !== undefined) {
    const text = `${foreign} is of another family than ${subnet.value.address}`;
    sayAt(scope, line, line.words[0], mistake('mixed_families', text));
    return null;
  }
  const inFamily = ipFamily(subnet.value.address) === 'inet' ? written : ofIpv6(written, line, scope);
  return withoutNeedlessBroadcast(pointToPoint(inFamily, line, scope), line, scope);
}

function ofIpv6(written: Growing, line: Statement, scope: Scope): Growing {
  const without = withoutMeaning(written);
  if (without.length === 0) return written;
  const text = `an IPv6 address has no ${without.join(' and no ')}: this is left out`;
  sayAt(scope, line, line.words[0], warning('value_replaced', text));
  const { label: _label, broadcast: _broadcast, ...rest } = written;
  return { ...rest, scope: 'global' };
}

/** With a peer there is no subnet, and no broadcast address. */
function pointToPoint(written: Growing, line: Statement, scope: Scope): Growing {
  if (written.peer === undefined) return written;
  const { broadcast, ...rest } = written;
  const { address } = written.address;
  const most = ipFamily(address) === 'inet' ? 32 : 128;
  const lost = [
    ...(written.address.prefix === most ? [] : [`/${written.address.prefix}`]),
    ...(broadcast === undefined ? [] : ['its broadcast address']),
  ];
  if (lost.length > 0) {
    const text = `${address} has a peer: ${lost.join(' and ')} is left out, as by keepalived`;
    sayAt(scope, line, line.words[0], warning('value_replaced', text));
  }
  return { ...rest, address: { address, prefix: most } };
}

const LONGEST_WITH_BROADCAST = 30;

function withoutNeedlessBroadcast(written: Growing, line: Statement, scope: Scope): WrittenAddress {
  const { broadcast, ...rest } = written;
  const { prefix } = written.address;
  if ((broadcast !== '+' && broadcast !== '-') || prefix <= LONGEST_WITH_BROADCAST) return written;
  const text = `a subnet of /${prefix} has no broadcast address: it is left out, as by keepalived`;
  sayAt(scope, line, line.words[0], warning('value_replaced', text));
  return rest;
}

function readDetail(word: string, value: Word, written: Growing, line: Statement, scope: Scope): void {
  if (word === 'dev') written.dev = readWord(value, line, scope, schemed(deviceName))?.value ?? written.dev;
  else if (word === 'scope') {
    written.scope = readWord(value, line, scope, addressScope(scope))?.value ?? written.scope;
  } else if (word === 'label') {
    written.label = readWord(value, line, scope, label)?.value ?? written.label;
  } else if (word === 'peer') {
    written.peer = readWord(value, line, scope, peer)?.value ?? written.peer;
  } else if (word === 'preferred_lft') {
    written.preferred_lft = readWord(value, line, scope, lifetime)?.value ?? written.preferred_lft;
  } else written.broadcast = readWord(value, line, scope, broadcast)?.value ?? written.broadcast;
}

function parseSubnet(word: Word): Result<Subnet, Problem> {
  const [host = '', bits, ...rest] = word.text.split('/');
  const address = schemed(hostAddress)({ ...word, text: host });
  if (!address.ok) return address;
  const most = ipFamily(address.value) === 'inet' ? 32 : 128;
  if (bits === undefined) return ok({ address: address.value, prefix: most });
  const prefix = /^\d{1,3}$/.test(bits) && rest.length === 0 ? Number(bits) : null;
  if (prefix === null) return err(mistake('bad_value', `${show(word)} has no prefix length behind its /`));
  return prefix <= most
    ? ok({ address: address.value, prefix })
    : err(mistake('out_of_range', `/${bits} is out of range: /0 to /${most}`));
}

/** A prefix length behind it says what the prefix of the address says already. */
const peer = (word: Word): Result<NonNullable<WrittenAddress['peer']>, Problem> =>
  schemed(hostAddress)({ ...word, text: word.text.split('/')[0] ?? '' });

const lifetime = (word: Word): Result<number | 'forever', Problem> =>
  word.text === 'forever' ? ok('forever') : wholeNumber(0, 0xfffffffe)(word);

const addressScope =
  (scope: Scope) =>
  (word: Word): Result<AddressScope, Problem> => {
    const byNumber = SCOPES.find((name) => String(ADDRESS_SCOPES[name]) === word.text);
    return byNumber === undefined ? oneOf(SCOPES, 'scope of an address', scope)(word) : ok(byNumber);
  };

// Linux takes any text of up to 15 bytes (IFA_LABEL).
const label = (word: Word): Result<string, Problem> =>
  /^[!-~]{1,15}$/.test(word.text)
    ? ok(word.text)
    : err(mistake('bad_value', `${show(word)} is no label: it has 1 to 15 characters without blanks`));

const broadcast = (word: Word): Result<NonNullable<WrittenAddress['broadcast']>, Problem> =>
  word.text === '+' || word.text === '-' ? ok(word.text) : schemed(hostAddress)(word);
