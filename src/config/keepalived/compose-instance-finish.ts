import { type Family, ipFamily } from '../../base/ip.ts';
import { type Micros, micros } from '../../base/units.ts';
import { freeName } from '../compose/vmac.ts';
import { mistake, type Problem, warning } from '../diagnostic.ts';
import { INSTANCE } from '../print/instance-text.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';
import { authenticationOf } from './compose-authentication.ts';
import type { Globals } from './compose-global.ts';
import { finishHmac } from './compose-hmac.ts';
import type { InstanceDraft } from './compose-instance.ts';
import { finishNotify, type NotifyDefaults } from './compose-notify.ts';
import { type Called, finishTracks } from './compose-track.ts';

/** What the rest of the file has for instances. */
export interface InstanceSurroundings {
  readonly globals: Globals;
  readonly called: Called;
  readonly notify: NotifyDefaults;
}

/** What YAML would say for the instance, or null if there is nothing to run. `place` tells drafts with errors apart. */
export function finishInstance(
  draft: InstanceDraft,
  { globals, called, notify }: InstanceSurroundings,
  place: number,
): WrittenInstance | null {
  const { name, broken, addresses, mark, scope, plain } = draft;
  const { notes } = scope;
  const say = (key: string | null, problem: Problem): void => {
    const at = (key === null ? undefined : mark.inside.get(key)) ?? mark;
    notes.say(at.at, problem, at.path);
  };
  const device = draft.interface ?? globals.defaultInterface;
  if (draft.vrid === undefined && !broken.has('virtual_router_id')) {
    say(null, mistake('missing_key', `${name} needs a virtual_router_id, 1 to 255`));
  }
  if (device === null && !broken.has('interface')) {
    say(null, mistake('missing_key', `${name} needs an interface`));
  }
  const isExcludedOnly = addresses.length === 0 && draft.excluded.length > 0;
  const mayBeBare = plain.no_virtual_ipaddress === true || isExcludedOnly;
  if (isExcludedOnly && plain.no_virtual_ipaddress !== true) {
    say(null, warning('value_unusual', `${name} has no virtual_ipaddress: its adverts carry no address`));
  }
  if (addresses.length === 0 && !mayBeBare && !broken.has('virtual_addresses')) {
    const why = 'it has no virtual_ipaddress';
    say(null, warning('entry_skipped', `${name} is left out: ${why}`));
    leaveHead(draft, why);
    return null;
  }
  const family = familyOf(draft);
  // IPv6 is version 3, whatever vrrp_version says (keepalived 2.2.7).
  const version = draft.version ?? (family === 'inet6' ? 3 : (globals.version ?? 2));
  const isStrict = draft.isStrict ?? globals.isStrict;
  const priority = broken.has('priority') ? 100 : draft.priority;
  // Without one it is carried over as priority 255.
  if (plain.state === 'MASTER' && priority !== undefined) leaveState(draft);
  const authentication = authenticationOf(
    draft.authentication,
    version === 3 ? 'version 3 has none' : draft.hmac.isThere ? 'auth_hmac takes its place' : null,
    ({ at, path }, problem) => notes.say(at, problem, path),
  );
  const hmac = finishHmac(draft.hmac, ({ at, path }, problem) => notes.say(at, problem, path));
  const group = globals.groups[family];
  const isUnicast = draft.isUnicast && (draft.peers.length > 0 || broken.has('unicast_peers'));
  if (draft.isUnicast && !isUnicast && plain.unicast_fault_no_peer !== true) {
    say(
      'unicast_peers',
      warning('value_replaced', 'there are no peers: adverts go to the multicast group, as by keepalived'),
    );
  }
  return {
    ...INSTANCE,
    ...(group === undefined || isUnicast ? {} : { mcast_dst_ip: group }),
    ...lowerPriorityKeys(globals),
    ...globals.plain,
    ...plain,
    ...vmacKey(draft, family, globals),
    version,
    strict_mode: isStrict,
    interface: device ?? `?${place}`,
    // No VRID of a sound instance, so that it conflicts with none.
    virtual_router_id: draft.vrid ?? 256 + place,
    priority,
    advert_int: advertInterval(draft, version, say),
    virtual_addresses: addresses,
    // What is wrong with an address is said already.
    no_virtual_ipaddress: mayBeBare || broken.has('virtual_addresses'),
    excluded_addresses: draft.excluded,
    ...(isUnicast ? { unicast_peers: draft.peers } : {}),
    ...(authentication === undefined ? {} : { authentication }),
    ...(hmac === undefined ? {} : { auth_hmac: hmac }),
    ...(draft.preempt === undefined ? {} : preemptKey(draft.preempt.wanted)),
    track: finishTracks(draft.track, called),
    notify: finishNotify(draft.notify, notify),
  };
}

/** Without an address in adverts those of peers and sources tell. */
function familyOf({ family, peers, plain }: InstanceDraft): Family {
  const told = peers[0]?.address ?? plain.unicast_src_ip ?? plain.mcast_src_ip;
  return family ?? (told === undefined ? 'inet' : ipFamily(told));
}

/** What instances say of their own bursts says nothing of those after a lower priority (keepalived 2.2.7). */
const lowerPriorityKeys = ({ plain }: Globals): Partial<WrittenInstance> => ({
  garp_lower_prio_delay: plain.garp_master_delay ?? INSTANCE.garp_master_delay,
  garp_lower_prio_repeat: plain.garp_master_repeat ?? INSTANCE.garp_master_repeat,
});

/** The prefix of names is for interfaces that have none of their own. */
function vmacKey({ plain, vrid }: InstanceDraft, family: Family, globals: Globals): Partial<WrittenInstance> {
  const { vmacPrefix: prefix, vmacNames: taken } = globals;
  const { use_vmac: wanted = false } = plain;
  if (wanted === false || prefix === null || vrid === undefined) return {};
  const own = wanted === true ? {} : wanted;
  const name = own.name ?? freeName(vrid, family, taken, prefix);
  taken.add(name);
  return { use_vmac: { ...own, name } };
}

const preemptKey = (wanted: boolean) => (wanted ? { preempt: true } : { nopreempt: true });

function leaveHead({ statement, scope }: InstanceDraft, reason: string): void {
  const text = statement.words.map(({ text }) => text).join(' ');
  scope.notes.leave({ at: statement.words[0], text, of: scope.of, why: 'here', reason });
}

/** What it does to `nopreempt` and `preempt_delay` is carried over with these. */
function leaveState({ mark, statement, scope }: InstanceDraft): void {
  const at = mark.inside.get('state')?.at ?? statement.words[0];
  const reason = 'beside a priority it decides no election';
  scope.notes.leave({ at, text: 'state MASTER', of: scope.of, why: 'here', reason });
}

/** Version 2 counts whole seconds; keepalived rounds to the nearest, and never to none. Version 3 counts hundredths. */
function advertInterval(
  { advertInterval: given, broken }: InstanceDraft,
  version: 2 | 3,
  say: (key: string, problem: Problem) => void,
): Micros {
  if (given === undefined || broken.has('advert_int')) return INSTANCE.advert_int;
  const unit = version === 2 ? 1_000_000 : 10_000;
  const rounded = micros(Math.max(1, Math.round(given.value / unit)) * unit);
  if (rounded !== given.value) {
    const what = version === 2 ? 'whole seconds' : 'hundredths of a second';
    const text = `version ${version} counts ${what}: ${given.word.text} counts as ${rounded / 1_000_000}`;
    say('advert_int', warning('value_replaced', text));
  }
  return rounded;
}
