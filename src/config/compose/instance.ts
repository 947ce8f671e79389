import { type Family, type Ip, ipFamily } from '../../base/ip.ts';
import { centis, micros } from '../../base/units.ts';
import type { Authentication, HmacConfig, InstanceConfig } from '../../model/config.ts';
import { NO_NOTIFY } from '../../model/notify.ts';
import { mistake, warning } from '../diagnostic.ts';
import type { NumberRules } from '../routes/number-rules.ts';
import type { WrittenHmac } from '../schema/hmac.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';
import { composeHmac, usualWindow } from './hmac.ts';
import { type Say, under } from './say.ts';
import { strictly } from './strict.ts';
import { takeoverOf } from './takeover.ts';
import { transportOf } from './transport.ts';
import { versionOf } from './version.ts';
import { vmacsOf } from './vmac.ts';

export { virtualAddressOf } from './virtual-address.ts';

/** What VRRPv2 carries (RFC 2338 §5.3.6). */
const PASSWORD_BYTES = 8;

/** What instances take from in turn. */
export interface Shared {
  readonly number: NumberRules;
  /** Names of interfaces with a virtual MAC so far. */
  readonly vmacNames: Set<string>;
}

/** A VRRP instance as written, with what keepalived would make of it; tracks and notices are the caller's. */
export function composeInstance(
  name: string,
  asWritten: WrittenInstance,
  shared: Shared,
  say: Say,
): InstanceConfig {
  const family = familyOf(asWritten, say);
  const priority = priorityOf(asWritten, say);
  const version = versionOf(asWritten, family, say);
  const written = asWritten.strict_mode ? strictly(asWritten, priority, version, say) : asWritten;
  const { vmac, addressVmacs, addresses, excluded } = vmacsOf(written, family, shared.vmacNames);
  if (vmac?.name === written.interface) {
    const text = `${vmac.name} is the interface that the one with the virtual MAC lies over`;
    say(['use_vmac'], mistake('conflicting_keys', text));
  }
  const preempt = preemptOf(written, priority, say);
  return {
    name,
    interface: written.interface,
    family,
    version,
    vrid: written.virtual_router_id,
    priority,
    preempt,
    preemptDelay: preemptDelayOf(written, preempt, priority, say),
    advertInterval: centis(written.advert_int / 10_000),
    authentication: authenticationOf(written, version, say),
    hmac: hmacOf(written, say),
    sourceAddress: sourceOf(written, family, say),
    transport: transportOf(written, family, say),
    checksum: written.v3_checksum_as_v2 ? 'rfc9568' : 'rfc5798',
    downTimerAdverts: written.down_timer_adverts,
    lease: leaseOf(written, say),
    takeover: takeoverOf(written.takeover, family, say),
    allowedSources: allowedOf(written, say),
    virtualAddresses: addresses,
    excludedAddresses: excluded,
    routes: written.virtual_routes,
    rules: shared.number(written.virtual_rules),
    accept: written.accept ?? true,
    answersLower: !written.lower_prio_no_advert,
    advertisesOnYield: written.higher_prio_send_advert,
    ownerIgnoresAdverts: written.owner_ignore_adverts,
    vmac,
    addressVmacs,
    garp: {
      delay: written.garp_master_delay,
      repeat: written.garp_master_repeat,
      refresh: written.garp_master_refresh,
      refreshRepeat: written.garp_master_refresh_repeat,
      lowerDelay: written.garp_lower_prio_delay ?? written.garp_master_delay,
      lowerRepeat: written.garp_lower_prio_repeat ?? written.garp_master_repeat,
      extraInterface: written.garp_extra_if,
    },
    tracksInterface: !written.dont_track_primary,
    tracksSource: written.track_src_ip,
    tracks: [],
    promoteSecondaries: written.promote_secondaries,
    notify: NO_NOTIFY,
  };
}

/** The first address tells the family; an instance without any is of the family of its peers or its source. */
function familyOf(written: WrittenInstance, say: Say): Family {
  const { virtual_addresses: addresses, unicast_peers: peers = [] } = written;
  const [first] = addresses;
  if (first === undefined && !written.no_virtual_ipaddress) {
    say(['virtual_addresses'], mistake('missing_key', 'an instance needs a virtual address'));
  }
  const telling =
    first?.address.address ?? peers[0]?.address ?? written.unicast_src_ip ?? written.mcast_src_ip;
  const family = telling === undefined ? 'inet' : ipFamily(telling);
  for (const [i, { address }] of addresses.entries()) {
    if (ipFamily(address.address) === family) continue;
    const text = `adverts carry addresses of one family, here ${first?.address.address}: put this one into excluded_addresses`;
    say(['virtual_addresses', i], mistake('mixed_families', text));
  }
  return family;
}

function priorityOf({ priority, state }: WrittenInstance, say: Say): number {
  if (priority !== undefined || state !== 'MASTER') return priority ?? 100;
  const text = 'MASTER without a priority means 255, the owner of the address; write the priority to say so';
  say(['state'], warning('implied_owner', text));
  return 255;
}

function preemptOf({ preempt, nopreempt, state }: WrittenInstance, priority: number, say: Say): boolean {
  if (preempt !== undefined && nopreempt !== undefined && preempt === nopreempt) {
    say(['nopreempt'], mistake('conflicting_keys', 'this contradicts the key "preempt"'));
  }
  const wanted = preempt ?? !(nopreempt ?? false);
  const why = priority === 255 ? 'priority 255 always takes over' : 'state MASTER cancels it; write BACKUP';
  if (wanted || (priority !== 255 && state !== 'MASTER')) return wanted;
  const key = nopreempt === undefined ? 'preempt' : 'nopreempt';
  say([key], warning('preempt_restored', `"${key}" has no effect here: ${why}`));
  return true;
}

function preemptDelayOf(written: WrittenInstance, preempt: boolean, priority: number, say: Say) {
  const { preempt_delay: delay, state } = written;
  const isOwner = priority === 255;
  if (delay === 0 || (preempt && !isOwner && state !== 'MASTER')) return delay;
  const cancelled = isOwner ? 'priority 255 does not wait' : 'state MASTER cancels it; write BACKUP';
  const why = preempt ? cancelled : 'nopreempt never takes over';
  say(['preempt_delay'], warning('value_replaced', `"preempt_delay" has no effect here: ${why}`));
  return micros(0);
}

/** The kernel counts lifetimes in whole seconds, and may end them a second late. */
function leaseOf({ lease, advert_int: interval, down_timer_adverts: adverts }: WrittenInstance, say: Say) {
  const longest = Math.floor((adverts * interval) / 1e6) - 1;
  // It must last from one advert to the next, too.
  if (lease === 'strict' && longest * 1e6 < 1.2 * interval) {
    const text = `peers wait ${(adverts * interval) / 1e6} s, a lifetime is whole seconds and may end one late: none is shorter than that and longer than advert_int`;
    say(['lease'], mistake('conflicting_keys', text));
  }
  return lease;
}

function allowedOf({ allowed_sources, unicast_peers }: WrittenInstance, say: Say): readonly Ip[] | null {
  if (allowed_sources !== undefined && unicast_peers !== undefined) {
    const text = 'unicast_peers says who may speak: write check_unicast_src: true';
    say(['allowed_sources'], mistake('conflicting_keys', text));
  }
  return allowed_sources ?? null;
}

function authenticationOf(written: WrittenInstance, version: 2 | 3, say: Say): Authentication | null {
  const { authentication, auth_hmac } = written;
  if (authentication === undefined) return null;
  if (auth_hmac !== undefined) {
    say(['authentication'], mistake('conflicting_keys', 'auth_hmac takes its place: write one of both'));
  } else if (version === 3) {
    say(
      ['authentication'],
      mistake('conflicting_keys', 'version 3 has no authentication; auth_hmac signs adverts'),
    );
  }
  const { type, password } = authentication;
  if (password.length > PASSWORD_BYTES) {
    const text = `VRRPv2 carries ${PASSWORD_BYTES} characters of a password; the rest is cut off`;
    say(['authentication', 'password'], warning('password_truncated', text));
  }
  return { type, password: password.slice(0, PASSWORD_BYTES) };
}

function hmacOf({ auth_hmac, advert_int }: WrittenInstance, say: Say): HmacConfig | null {
  const hmac: WrittenHmac | undefined = auth_hmac;
  if (hmac === undefined) return null;
  return composeHmac(hmac, usualWindow(advert_int), under(say, 'auth_hmac'));
}

function sourceOf({ mcast_src_ip, unicast_src_ip }: WrittenInstance, family: Family, say: Say): Ip | null {
  const key = unicast_src_ip === undefined ? 'mcast_src_ip' : 'unicast_src_ip';
  const source = unicast_src_ip ?? mcast_src_ip;
  if (source === undefined) return null;
  if (mcast_src_ip !== undefined && unicast_src_ip !== undefined && mcast_src_ip !== unicast_src_ip) {
    say(['mcast_src_ip'], mistake('conflicting_keys', 'this contradicts the key "unicast_src_ip"'));
  }
  if (ipFamily(source) !== family) {
    const text = `adverts of ${family === 'inet' ? 'IPv4' : 'IPv6'} addresses have no such source`;
    say([key], mistake('mixed_families', text));
  }
  return source;
}
