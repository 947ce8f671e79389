import { type Micros, micros, seconds } from '../../base/units.ts';
import { warning } from '../diagnostic.ts';
import { deviceName, hostAddress } from '../schema/scalars.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';
import { addressFamily, readVirtualAddress } from './compose-address.ts';
import { AUTHENTICATION_READERS, type Authentication, newAuthentication } from './compose-authentication.ts';
import { type Draft, into } from './compose-draft.ts';
import { type Garp, garpPause, garpRepeat, isOn, versionOf } from './compose-global.ts';
import {
  enterKnown,
  enterLines,
  leaveAll,
  markOf,
  type Reader,
  type Readers,
  readBlock,
  type Scope,
} from './compose-scope.ts';
import {
  duration,
  type Given,
  oneOf,
  read,
  sayAt,
  saySurplus,
  schemed,
  wholeNumber,
} from './compose-values.ts';
import { IPV6 } from './keywords/reasons.ts';
import type { Statement } from './statement.ts';

/** A `vrrp_instance` as it is being read. */
export interface InstanceDraft extends Draft {
  readonly name: string;
  readonly statement: Statement;
  readonly scope: Scope;
  readonly authentication: Authentication;
  readonly garp: Garp;
  readonly addresses: WrittenInstance['virtual_addresses'];
  readonly known: Set<string>;
  isIpv6: boolean;
  interface?: string;
  vrid?: number;
  priority?: number;
  state?: 'MASTER' | 'BACKUP';
  advertInterval?: Given<Micros>;
  source?: NonNullable<WrittenInstance['mcast_src_ip']>;
  preempt?: { readonly wanted: boolean; readonly statement: Statement };
  version?: 2 | 3;
  isStrict?: boolean;
  accepts: boolean;
}

/** An advert counts its addresses in one byte. */
const MOST_ADDRESSES = 255;

export function readInstance(statement: Statement, name: string, scope: Scope, file: Scope): InstanceDraft {
  const mark = markOf(file, statement);
  const draft: InstanceDraft = {
    name,
    statement,
    scope,
    mark: { ...mark, path: scope.path },
    authentication: newAuthentication({ ...mark, inside: new Map() }),
    garp: {},
    broken: new Set(),
    addresses: [],
    known: new Set(),
    isIpv6: false,
    accepts: (statement.block ?? []).some(({ words }) => words[0].text === 'accept'),
  };
  readBlock(statement.block ?? [], scope, INSTANCE_READERS, draft);
  return draft;
}

const source = into<InstanceDraft, Given<NonNullable<WrittenInstance['mcast_src_ip']>>>(
  'mcast_src_ip',
  (statement, scope) => read(statement, scope, schemed(hostAddress)),
  (draft, { value }) => {
    draft.source = value;
  },
);

const INSTANCE_READERS: Readers<InstanceDraft> = {
  state: into(
    'state',
    (statement, scope) => read(statement, scope, oneOf(['MASTER', 'BACKUP'], 'state', scope)),
    (draft, { value }) => {
      draft.state = value;
    },
  ),
  interface: into(
    'interface',
    (statement, scope) => read(statement, scope, schemed(deviceName)),
    (draft, { value }) => {
      draft.interface = value;
    },
  ),
  virtual_router_id: into(
    'virtual_router_id',
    (statement, scope) => read(statement, scope, wholeNumber(1, 255)),
    (draft, { value }) => {
      draft.vrid = value;
    },
  ),
  priority: into(
    'priority',
    (statement, scope) => read(statement, scope, wholeNumber(1, 255)),
    (draft, { value }) => {
      draft.priority = value;
    },
  ),
  advert_int: into(
    'advert_int',
    (statement, scope) => read(statement, scope, duration(micros(10_000), seconds(255))),
    (draft, given) => {
      draft.advertInterval = given;
    },
  ),
  mcast_src_ip: source,
  unicast_src_ip: source,
  version: into('version', versionOf, (draft, value) => {
    draft.version = value;
  }),
  strict_mode: (statement, draft, scope) => {
    draft.isStrict = isOn(statement, scope);
  },
  preempt: preempt(true),
  nopreempt: preempt(false),
  authentication: (statement, { authentication, mark }, scope) => {
    const surplus = statement.words[1];
    if (surplus !== undefined) {
      sayAt(scope, statement, surplus, warning('surplus_value', 'what stands before the brace is not read'));
    }
    const { inside } = authentication.mark;
    authentication.mark = { ...markOf(scope, statement, statement.words[0]), inside };
    mark.inside.set('authentication', authentication.mark);
    readBlock(statement.block ?? [], enterKnown(scope, statement), AUTHENTICATION_READERS, authentication);
  },
  virtual_ipaddress: readAddresses,
  garp_master_delay: pause('garp_master_delay'),
  garp_master_refresh: pause('garp_master_refresh'),
  garp_master_repeat: repeat('garp_master_repeat'),
  garp_master_refresh_repeat: repeat('garp_master_refresh_repeat'),
};

function preempt(wanted: boolean): Reader<InstanceDraft> {
  return (statement, draft, scope) => {
    saySurplus(statement, scope, 1);
    const before = draft.preempt;
    if (before !== undefined && before.wanted !== wanted) {
      const text = `this is undone by "${statement.words[0].text}" below`;
      sayAt(scope, before.statement, before.statement.words[0], warning('overridden', text));
    }
    draft.preempt = { wanted, statement };
    draft.mark.inside.delete(wanted ? 'nopreempt' : 'preempt');
    draft.mark.inside.set(wanted ? 'preempt' : 'nopreempt', markOf(scope, statement));
  };
}

function pause(key: 'garp_master_delay' | 'garp_master_refresh'): Reader<InstanceDraft> {
  return into(key, garpPause, ({ garp }, value) => {
    garp[key] = value;
  });
}

function repeat(key: 'garp_master_repeat' | 'garp_master_refresh_repeat'): Reader<InstanceDraft> {
  return into(key, garpRepeat, ({ garp }, value) => {
    garp[key] = value;
  });
}

/** The first address tells the family of the instance; keepalived leaves out those of another. */
function readAddresses(statement: Statement, draft: InstanceDraft, scope: Scope): void {
  saySurplus(statement, scope, 1);
  const within = enterLines(scope, statement);
  draft.mark.inside.set(
    'virtual_addresses',
    draft.mark.inside.get('virtual_addresses') ?? markOf(scope, statement),
  );
  for (const line of statement.block ?? []) {
    const family = addressFamily(line);
    if (draft.addresses.length === 0 && family === 'inet6') draft.isIpv6 = true;
    if (draft.isIpv6 || family === 'inet6') {
      skipAddress(line, draft, within);
      continue;
    }
    const address = readVirtualAddress(line, within);
    if (address === null) draft.broken.add('virtual_addresses');
    else if (draft.known.has(address.address.address)) {
      const text = `${address.address.address} is in this instance already, and the first one counts`;
      sayAt(within, line, line.words[0], warning('duplicate_address', text));
      leaveAll(line, within, 'here', text);
    } else if (draft.addresses.length < MOST_ADDRESSES) {
      const [word] = line.words;
      draft.mark.inside
        .get('virtual_addresses')
        ?.inside.set(draft.addresses.length, { at: word, path: within.path, inside: new Map() });
      draft.addresses.push(address);
      draft.known.add(address.address.address);
    } else {
      const text = `an advert has at most ${MOST_ADDRESSES} addresses: this one is left out`;
      sayAt(within, line, line.words[0], warning('entry_skipped', text));
      leaveAll(line, within, 'yet', text);
    }
  }
}

function skipAddress(line: Statement, draft: InstanceDraft, scope: Scope): void {
  leaveAll(line, scope, 'yet', IPV6);
  if (draft.isIpv6) return;
  const text =
    'an instance has addresses of one family, told by the first: this one is left out, as by keepalived';
  sayAt(scope, line, line.words[0], warning('entry_skipped', text));
}
