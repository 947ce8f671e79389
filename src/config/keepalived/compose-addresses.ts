import { warning } from '../diagnostic.ts';
import type { WrittenAddress } from '../schema/virtual-address.ts';
import { addressFamily, readVirtualAddress } from './compose-address.ts';
import type { InstanceDraft } from './compose-instance.ts';
import { Mark } from './compose-marks.ts';
import { enterLines, leaveAll, markOf, type Scope } from './compose-scope.ts';
import { sayAt, saySurplus } from './compose-values.ts';
import type { Statement } from './statement.ts';

/** An advert counts its addresses in one byte. */
const MOST_ADDRESSES = 255;

/** The first address tells the family of the instance; keepalived leaves out those of another. */
export function readAddresses(statement: Statement, draft: InstanceDraft, scope: Scope): void {
  saySurplus(statement, scope, 1);
  const within = enterLines(scope, statement);
  const mark = draft.mark.inside.get('virtual_addresses') ?? markOf(scope, statement);
  draft.mark.inside.set('virtual_addresses', mark);
  for (const line of statement.block ?? []) {
    const family = addressFamily(line);
    draft.family ??= family;
    if (family !== null && family !== draft.family) {
      const text =
        'an instance has addresses of one family, told by the first: this one is left out, as by keepalived';
      sayAt(within, line, line.words[0], warning('entry_skipped', text));
      leaveAll(line, within, 'here', text);
      continue;
    }
    const address = readVirtualAddress(line, within);
    if (address === null) draft.broken.add('virtual_addresses');
    else if (isKnown(address, line, draft, within)) continue;
    else if (draft.addresses.length < MOST_ADDRESSES) {
      mark.inside.set(draft.addresses.length, new Mark(line.words[0], within));
      draft.addresses.push(address);
    } else {
      const text = `an advert has at most ${MOST_ADDRESSES} addresses: this one is left out`;
      sayAt(within, line, line.words[0], warning('entry_skipped', text));
      leaveAll(line, within, 'here', text);
    }
  }
}

/** Addresses of either family. */
export function readExcluded(statement: Statement, draft: InstanceDraft, scope: Scope): void {
  saySurplus(statement, scope, 1);
  const within = enterLines(scope, statement);
  const mark = draft.mark.inside.get('excluded_addresses') ?? markOf(scope, statement);
  draft.mark.inside.set('excluded_addresses', mark);
  for (const line of statement.block ?? []) {
    const address = readVirtualAddress(line, within);
    if (address === null) draft.broken.add('excluded_addresses');
    else if (!isKnown(address, line, draft, within)) {
      mark.inside.set(draft.excluded.length, new Mark(line.words[0], within));
      draft.excluded.push(address);
    }
  }
}

/** An address is in an instance once; the second is said. */
function isKnown({ address }: WrittenAddress, line: Statement, draft: InstanceDraft, scope: Scope): boolean {
  if (!draft.known.has(address.address)) {
    draft.known.add(address.address);
    return false;
  }
  const text = `${address.address} is in this instance already, and the first one counts`;
  sayAt(scope, line, line.words[0], warning('duplicate_address', text));
  leaveAll(line, scope, 'here', text);
  return true;
}
