import type { z } from 'zod';
import type { Family } from '../../base/ip.ts';
import { type Centis, centisToMicros } from '../../base/units.ts';
import type { VirtualAddress } from '../../model/addresses.ts';
import type { HmacConfig, InstanceConfig, Transport } from '../../model/config.ts';
import { usualWindow } from '../compose/hmac.ts';
import { GROUPS } from '../compose/transport.ts';
import { virtualMac } from '../compose/vmac.ts';
import { printRoute } from '../routes/print-route.ts';
import { printRule } from '../routes/print-rule.ts';
import { instanceSchema } from '../schema/vrrp.ts';
import { ownAddressText } from './address-text.ts';
import { listUnlessEmpty, microsUnless, unless } from './common.ts';
import { keyText } from './key-text.ts';
import { writeTakeover } from './takeover-text.ts';
import { writeTracking } from './tracking.ts';

type InstanceText = z.input<typeof instanceSchema>;

/** An instance that says no more than it must. */
export const INSTANCE = instanceSchema.parse({
  interface: 'lo',
  virtual_router_id: 1,
  virtual_addresses: ['192.0.2.1'],
});

/** An entry of `vrrp`; left out is what reading would fill in, but for the priority. */
export function writeInstance(instance: InstanceConfig): InstanceText {
  const { authentication, garp, transport, vmac } = instance;
  const { virtualAddresses, excludedAddresses } = instance;
  const text = (address: VirtualAddress) => ownAddressText(address, instance);
  const usualVersion = instance.family === 'inet' ? 2 : 3;
  return {
    interface: instance.interface,
    virtual_router_id: instance.vrid,
    version: unless(usualVersion, instance.version),
    priority: instance.priority,
    preempt: unless(true, instance.preempt),
    preempt_delay: microsUnless(INSTANCE.preempt_delay, instance.preemptDelay),
    advert_int: microsUnless(INSTANCE.advert_int, centisToMicros(instance.advertInterval)),
    down_timer_adverts: unless(INSTANCE.down_timer_adverts, instance.downTimerAdverts),
    lease: unless(INSTANCE.lease, instance.lease),
    takeover: writeTakeover(instance.takeover),
    allowed_sources: instance.allowedSources === null ? undefined : [...instance.allowedSources],
    authentication: authentication ?? undefined,
    auth_hmac: instance.hmac === null ? undefined : writeHmac(instance.hmac, instance.advertInterval),
    mcast_src_ip: instance.sourceAddress ?? undefined,
    track_src_ip: unless(false, instance.tracksSource),
    ...writeTransport(transport, instance.family),
    v3_checksum_as_v2: unless(false, instance.checksum === 'rfc9568'),
    virtual_addresses: listUnlessEmpty(virtualAddresses.map(text)),
    no_virtual_ipaddress: unless(false, virtualAddresses.length === 0),
    excluded_addresses: listUnlessEmpty(excludedAddresses.map(text)),
    virtual_routes: listUnlessEmpty(instance.routes.map(printRoute)),
    virtual_rules: listUnlessEmpty(instance.rules.map(printRule)),
    promote_secondaries: unless(false, instance.promoteSecondaries),
    accept: unless(true, instance.accept),
    use_vmac:
      vmac === null
        ? undefined
        : { name: vmac.name, mac: unless(virtualMac(instance.family, instance.vrid), vmac.mac) },
    vmac_xmit_base: unless(false, vmac?.transmitsOnBase ?? false),
    dont_track_primary: unless(false, !instance.tracksInterface),
    lower_prio_no_advert: unless(false, !instance.answersLower),
    higher_prio_send_advert: unless(false, instance.advertisesOnYield),
    owner_ignore_adverts: unless(false, instance.ownerIgnoresAdverts),
    garp_master_delay: microsUnless(INSTANCE.garp_master_delay, garp.delay),
    garp_master_repeat: unless(INSTANCE.garp_master_repeat, garp.repeat),
    garp_master_refresh: microsUnless(INSTANCE.garp_master_refresh, garp.refresh),
    garp_master_refresh_repeat: unless(INSTANCE.garp_master_refresh_repeat, garp.refreshRepeat),
    garp_lower_prio_delay: microsUnless(garp.delay, garp.lowerDelay),
    garp_lower_prio_repeat: unless(garp.repeat, garp.lowerRepeat),
    garp_extra_if: microsUnless(INSTANCE.garp_extra_if, garp.extraInterface),
    ...writeTracking(instance),
  };
}

function writeTransport(transport: Transport, family: Family): Partial<InstanceText> {
  if (transport.kind === 'multicast') {
    return { mcast_dst_ip: unless(GROUPS[family], transport.group) };
  }
  const { peers } = transport;
  const isLimited = peers.some(({ minTtl, maxTtl }) => minTtl !== 0 || maxTtl !== 255);
  return {
    unicast_peers: peers.map(({ address, minTtl, maxTtl }) =>
      minTtl === 0 && maxTtl === 255 ? address : { address, min_ttl: minTtl, max_ttl: maxTtl },
    ),
    unicast_ttl: unless(INSTANCE.unicast_ttl, transport.ttl),
    check_unicast_src: unless(isLimited, transport.checkSource),
    unicast_fault_no_peer: unless(false, transport.faultWithoutPeer),
  };
}

function writeHmac(hmac: HmacConfig, interval: Centis): NonNullable<InstanceText['auth_hmac']> {
  return {
    keys: Object.fromEntries(hmac.keys.map(({ id, secret }) => [String(id), keyText(secret)])),
    active_key: hmac.activeKey,
    anti_replay: unless('time', hmac.antiReplay),
    time_window: microsUnless(usualWindow(centisToMicros(interval)), hmac.window),
    mode: unless('enforce', hmac.mode),
  };
}
