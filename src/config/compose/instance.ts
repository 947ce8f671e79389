import type { Ip } from '../../base/ip.ts';
import { centis, micros } from '../../base/units.ts';
import type { VirtualAddress } from '../../model/addresses.ts';
import type { Authentication, InstanceConfig } from '../../model/config.ts';
import { NO_NOTIFY } from '../../model/notify.ts';
import { mistake, warning } from '../diagnostic.ts';
import type { WrittenAddress } from '../schema/virtual-address.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';
import { subnetAddress } from '../subnet.ts';
import type { Say } from './say.ts';

/** What VRRPv2 carries (RFC 2338 §5.3.6). */
const PASSWORD_BYTES = 8;

/** A VRRP instance as written, with what keepalived would make of it. */
export function composeInstance(name: string, written: WrittenInstance, say: Say): InstanceConfig {
  const priority = priorityOf(written, say);
  return {
    name,
    interface: written.interface,
    family: 'inet',
    version: 2,
    vrid: written.virtual_router_id,
    priority,
    preempt: preemptOf(written, priority, say),
    preemptDelay: micros(0),
    advertInterval: centis(written.advert_int / 10_000),
    authentication: authenticationOf(written, say),
    hmac: null,
    sourceAddress: written.mcast_src_ip ?? null,
    transport: { kind: 'multicast', group: '224.0.0.18' as Ip },
    checksum: 'rfc5798',
    downTimerAdverts: 3,
    excludedAddresses: [],
    routes: [],
    rules: [],
    accept: true,
    answersLower: true,
    advertisesOnYield: false,
    ownerIgnoresAdverts: false,
    vmac: null,
    addressVmacs: [],
    tracksInterface: true,
    tracksSource: false,
    tracks: [],
    promoteSecondaries: false,
    notify: NO_NOTIFY,
    virtualAddresses: written.virtual_addresses.map((address) =>
      virtualAddressOf(address, written.interface),
    ),
    garp: {
      delay: written.garp_master_delay,
      repeat: written.garp_master_repeat,
      refresh: written.garp_master_refresh,
      refreshRepeat: written.garp_master_refresh_repeat,
      lowerDelay: written.garp_master_delay,
      lowerRepeat: written.garp_master_repeat,
      extraInterface: micros(0),
    },
  };
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

function authenticationOf({ authentication }: WrittenInstance, say: Say): Authentication | null {
  if (authentication === undefined) return null;
  const { type, password } = authentication;
  if (password.length > PASSWORD_BYTES) {
    const text = `VRRPv2 carries ${PASSWORD_BYTES} characters of a password; the rest is cut off`;
    say(['authentication', 'password'], warning('password_truncated', text));
  }
  return { type, password: password.slice(0, PASSWORD_BYTES) };
}

function virtualAddressOf(written: WrittenAddress, device: string): VirtualAddress {
  const { address: subnet, scope, label = null, broadcast } = written;
  const dev = written.dev ?? device;
  return {
    ...subnet,
    dev,
    scope,
    label,
    peer: null,
    flags: [],
    preferredLifetime: null,
    noTrack: false,
    broadcast:
      broadcast === undefined ? null : isHostBits(broadcast) ? subnetAddress(subnet, broadcast) : broadcast,
  };
}

const isHostBits = (broadcast: '+' | '-' | Ip): broadcast is '+' | '-' =>
  broadcast === '+' || broadcast === '-';
