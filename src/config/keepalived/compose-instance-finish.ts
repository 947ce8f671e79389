import { ipFamily } from '../../base/ip.ts';
import { type Micros, seconds } from '../../base/units.ts';
import { mistake, type Problem, warning } from '../diagnostic.ts';
import { INSTANCE } from '../print/file-text.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';
import { authenticationOf } from './compose-authentication.ts';
import type { Globals } from './compose-global.ts';
import type { InstanceDraft } from './compose-instance.ts';
import { IPV6 } from './keywords/reasons.ts';

/** What YAML would say for the instance, or null if there is nothing to run. `place` tells drafts with errors apart. */
export function finishInstance(
  draft: InstanceDraft,
  globals: Globals,
  place: number,
): WrittenInstance | null {
  const { name, broken, addresses, mark, scope } = draft;
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
  if (draft.isIpv6 || (addresses.length === 0 && !broken.has('virtual_addresses'))) {
    const why = draft.isIpv6 ? IPV6 : 'it has no virtual_ipaddress';
    say(null, warning('entry_skipped', `${name} is left out: ${why}`));
    leaveHead(draft, why);
    return null;
  }
  const version = draft.version ?? globals.version;
  const isStrict = draft.isStrict ?? globals.isStrict;
  const priority = broken.has('priority') ? 100 : draft.priority;
  const state = stateOf(draft, priority, isStrict, say);
  const isOwner = (priority ?? (state === 'MASTER' ? 255 : 100)) === 255;
  if (isStrict && !draft.accepts && !isOwner) sayRefusing(draft, say);
  if (draft.source !== undefined && ipFamily(draft.source) === 'inet6') {
    const text = 'adverts of IPv4 addresses have no IPv6 source';
    say('mcast_src_ip', mistake('mixed_families', text));
  }
  const authentication = authenticationOf(
    draft.authentication,
    isStrict ? 'vrrp_strict forbids it' : version === 3 ? 'version 3 has none' : null,
    ({ at, path }, problem) => notes.say(at, problem, path),
  );
  return {
    ...INSTANCE,
    ...globals.garp,
    ...draft.garp,
    interface: device ?? `?${place}`,
    // No VRID of a sound instance, so that it conflicts with none.
    virtual_router_id: draft.vrid ?? 256 + place,
    state,
    priority,
    advert_int: advertInterval(draft, say),
    virtual_addresses: addresses,
    ...(authentication === undefined ? {} : { authentication }),
    ...(draft.source === undefined ? {} : { mcast_src_ip: draft.source }),
    ...(draft.preempt === undefined ? {} : preemptKey(draft.preempt.wanted)),
  };
}

const preemptKey = (wanted: boolean) => (wanted ? { preempt: true } : { nopreempt: true });

function leaveHead({ statement, scope }: InstanceDraft, reason: string): void {
  const text = statement.words.map(({ text }) => text).join(' ');
  scope.notes.leave({ at: statement.words[0], text, of: scope.of, why: 'yet', reason });
}

function stateOf(
  { state }: InstanceDraft,
  priority: number | undefined,
  isStrict: boolean,
  say: (key: string, problem: Problem) => void,
): 'MASTER' | 'BACKUP' | undefined {
  if (!isStrict || state !== 'MASTER' || priority === undefined || priority === 255) return state;
  const text = 'vrrp_strict makes this BACKUP, as only priority 255 may be MASTER';
  say('state', warning('value_replaced', text));
  return 'BACKUP';
}

function sayRefusing({ addresses }: InstanceDraft, say: (key: string, problem: Problem) => void): void {
  const [first] = addresses;
  const which = first === undefined ? 'the addresses' : first.address.address;
  const more = addresses.length > 1 ? ` and ${addresses.length - 1} more` : '';
  const text = `with vrrp_strict and without "accept", keepalived would drop packets to ${which}${more}; lbd accepts them`;
  say('virtual_addresses', warning('vip_refuses_traffic', text));
}

/** Version 2 counts whole seconds; keepalived rounds to the nearest, and never to none. */
function advertInterval(
  { advertInterval: given, broken }: InstanceDraft,
  say: (key: string, problem: Problem) => void,
): Micros {
  if (given === undefined || broken.has('advert_int')) return INSTANCE.advert_int;
  const rounded = seconds(Math.max(1, Math.round(given.value / 1_000_000)));
  if (rounded !== given.value) {
    const text = `adverts go out as version 2, which counts whole seconds: ${given.word.text} counts as ${rounded / 1_000_000}`;
    say('advert_int', warning('value_replaced', text));
  }
  return rounded;
}
