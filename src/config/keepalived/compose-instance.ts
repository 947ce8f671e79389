import type { Family } from '../../base/ip.ts';
import { type Micros, micros, seconds } from '../../base/units.ts';
import { warning } from '../diagnostic.ts';
import { deviceName, hostAddress } from '../schema/scalars.ts';
import { multicastAddress, type WrittenInstance, type WrittenPeer } from '../schema/vrrp.ts';
import { readAddresses, readExcluded } from './compose-addresses.ts';
import { AUTHENTICATION_READERS, type Authentication, newAuthentication } from './compose-authentication.ts';
import { Broken, type Draft, into } from './compose-draft.ts';
import {
  downTimerAdverts,
  extraInterface,
  garpLowerRepeat,
  garpPause,
  garpRepeat,
  isOn,
  type PlainKeys,
  versionOf,
} from './compose-global.ts';
import { HMAC_READERS, type HmacDraft, newHmac } from './compose-hmac.ts';
import { Mark } from './compose-marks.ts';
import { NOTIFY_READERS, type Notifying } from './compose-notify.ts';
import { readPeers } from './compose-peers.ts';
import { readRoute, readRule } from './compose-routes.ts';
import {
  enterKnown,
  enterLines,
  markOf,
  type Reader,
  type Readers,
  readBlock,
  type Scope,
} from './compose-scope.ts';
import { TRACK_READERS, type Tracking } from './compose-track.ts';
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
import { readVmac } from './compose-vmac.ts';
import type { Statement } from './statement.ts';

/** A `vrrp_instance` as it is being read. */
export interface InstanceDraft extends Draft, Tracking, Notifying {
  readonly name: string;
  readonly statement: Statement;
  readonly scope: Scope;
  readonly authentication: Authentication;
  readonly hmac: HmacDraft;
  /** What YAML would say, where it says it in the same way. */
  readonly plain: PlainKeys;
  readonly addresses: WrittenInstance['virtual_addresses'];
  readonly excluded: WrittenInstance['excluded_addresses'];
  readonly peers: WrittenPeer[];
  readonly known: Set<string>;
  syncInterface?: Given<string>;
  isUnicast: boolean;
  family: Family | null;
  interface?: string;
  vrid?: number;
  priority?: number;
  advertInterval?: Given<Micros>;
  preempt?: { readonly wanted: boolean; readonly statement: Statement };
  version?: 2 | 3;
  isStrict?: boolean;
}

export function readInstance(statement: Statement, name: string, scope: Scope, file: Scope): InstanceDraft {
  const mark = markOf(file, statement);
  const draft: InstanceDraft = {
    name,
    statement,
    scope,
    mark: new Mark(mark.at, scope),
    authentication: newAuthentication(mark.with()),
    hmac: newHmac(mark.with()),
    plain: {},
    track: [],
    notify: {},
    broken: new Broken(),
    addresses: [],
    excluded: [],
    peers: [],
    known: new Set(),
    isUnicast: false,
    family: null,
  };
  readBlock(statement.block ?? [], scope, INSTANCE_READERS, draft);
  return draft;
}

const plain = <Key extends keyof PlainKeys>(
  key: Key,
  readValue: (statement: Statement, scope: Scope) => PlainKeys[Key] | null,
): Reader<InstanceDraft> =>
  into<InstanceDraft, PlainKeys[Key]>(key, readValue, (draft, value) => {
    draft.plain[key] = value;
  });

const address = (statement: Statement, scope: Scope) =>
  read(statement, scope, schemed(hostAddress))?.value ?? null;

/** Keywords that stand alone, and mean on. */
const alone = (statement: Statement, scope: Scope): true => {
  saySurplus(statement, scope, 1);
  return true;
};

const INSTANCE_READERS: Readers<InstanceDraft> = {
  state: plain(
    'state',
    (statement, scope) => read(statement, scope, oneOf(['MASTER', 'BACKUP'], 'state', scope))?.value ?? null,
  ),
  lvs_sync_daemon_interface: into(
    'lvs_sync_daemon_interface',
    (statement, scope) => read(statement, scope, schemed(deviceName)),
    (draft, given) => {
      draft.syncInterface = given;
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
  mcast_src_ip: plain('mcast_src_ip', address),
  unicast_src_ip: plain('unicast_src_ip', address),
  mcast_dst_ip: plain(
    'mcast_dst_ip',
    (statement, scope) => read(statement, scope, schemed(multicastAddress))?.value ?? null,
  ),
  track_src_ip: plain('track_src_ip', alone),
  unicast_peer: readPeers,
  unicast_ttl: plain(
    'unicast_ttl',
    (statement, scope) => read(statement, scope, wholeNumber(1, 255))?.value ?? null,
  ),
  check_unicast_src: plain('check_unicast_src', isOn),
  unicast_fault_no_peer: plain('unicast_fault_no_peer', alone),
  v3_checksum_as_v2: plain('v3_checksum_as_v2', isOn),
  preempt_delay: plain(
    'preempt_delay',
    (statement, scope) => read(statement, scope, duration(micros(0), seconds(1000)))?.value ?? null,
  ),
  down_timer_adverts: plain('down_timer_adverts', downTimerAdverts),
  lower_prio_no_advert: plain('lower_prio_no_advert', isOn),
  higher_prio_send_advert: plain('higher_prio_send_advert', isOn),
  owner_ignore_adverts: plain('owner_ignore_adverts', isOn),
  accept: plain('accept', alone),
  no_accept: into(
    'accept',
    (statement, scope) => !alone(statement, scope),
    (draft, value) => {
      draft.plain.accept = value;
    },
  ),
  dont_track_primary: plain('dont_track_primary', alone),
  promote_secondaries: plain('promote_secondaries', alone),
  no_virtual_ipaddress: plain('no_virtual_ipaddress', alone),
  use_vmac: plain('use_vmac', readVmac),
  vmac_xmit_base: plain('vmac_xmit_base', alone),
  use_vmac_addr: plain('use_vmac_addr', alone),
  version: into('version', versionOf, (draft, value) => {
    draft.version = value;
  }),
  strict_mode: (statement, draft, scope) => {
    draft.isStrict = isOn(statement, scope);
    draft.mark.inside.set('strict_mode', markOf(scope, statement, statement.words[0]));
  },
  preempt: preempt(true),
  nopreempt: preempt(false),
  authentication: (statement, { authentication, mark }, scope) => {
    sayBeforeBrace(statement, scope);
    const { inside } = authentication.mark;
    authentication.mark = markOf(scope, statement, statement.words[0]).with(inside);
    mark.inside.set('authentication', authentication.mark);
    readBlock(statement.block ?? [], enterKnown(scope, statement), AUTHENTICATION_READERS, authentication);
  },
  auth_hmac: (statement, { hmac, mark }, scope) => {
    sayBeforeBrace(statement, scope);
    const { inside } = hmac.mark;
    hmac.mark = markOf(scope, statement, statement.words[0]).with(inside);
    mark.inside.set('auth_hmac', hmac.mark);
    hmac.isThere = true;
    readBlock(statement.block ?? [], enterKnown(scope, statement), HMAC_READERS, hmac);
  },
  virtual_ipaddress: readAddresses,
  virtual_ipaddress_excluded: readExcluded,
  virtual_routes: lines('virtual_routes', readRoute),
  virtual_rules: lines('virtual_rules', readRule),
  garp_master_delay: plain('garp_master_delay', garpPause),
  garp_master_refresh: plain('garp_master_refresh', garpPause),
  garp_master_repeat: plain('garp_master_repeat', garpRepeat),
  garp_master_refresh_repeat: plain('garp_master_refresh_repeat', garpRepeat),
  garp_lower_prio_delay: plain('garp_lower_prio_delay', garpPause),
  garp_lower_prio_repeat: plain('garp_lower_prio_repeat', garpLowerRepeat),
  garp_extra_if: plain('garp_extra_if', extraInterface),
  vmac_garp_intvl: plain('garp_extra_if', extraInterface),
  ...TRACK_READERS,
  ...NOTIFY_READERS,
};

/** A word that may be a password or a key, and is not shown. */
function sayBeforeBrace(statement: Statement, scope: Scope): void {
  const surplus = statement.words[1];
  if (surplus === undefined) return;
  sayAt(scope, statement, surplus, warning('surplus_value', 'what stands before the brace is not read'));
}

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

function lines<Key extends 'virtual_routes' | 'virtual_rules'>(
  key: Key,
  readLine: (line: Statement, scope: Scope) => WrittenInstance[Key][number] | null,
): Reader<InstanceDraft> {
  return (statement, draft, scope) => {
    saySurplus(statement, scope, 1);
    const mark = draft.mark.inside.get(key) ?? markOf(scope, statement);
    draft.mark.inside.set(key, mark);
    const within = enterLines(scope, statement);
    const found: WrittenInstance[Key][number][] = [...(draft.plain[key] ?? [])];
    for (const line of statement.block ?? []) {
      const one = readLine(line, within);
      if (one === null) continue;
      mark.inside.set(found.length, new Mark(line.words[0], within));
      found.push(one);
    }
    draft.plain[key] = found as PlainKeys[Key];
  };
}
