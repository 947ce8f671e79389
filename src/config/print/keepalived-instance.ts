import { ipFamily } from '../../base/ip.ts';
import { centisToSeconds } from '../../base/units.ts';
import type { Authentication, HmacConfig, InstanceConfig } from '../../model/config.ts';
import { GROUPS } from '../compose/transport.ts';
import { virtualMac } from '../compose/vmac.ts';
import { printRoute } from '../routes/print-route.ts';
import { printRule } from '../routes/print-rule.ts';
import { ownAddressText } from './address-text.ts';
import { unless } from './common.ts';
import { INSTANCE } from './instance-text.ts';
import { type Leave, linesAt } from './keepalived-lines.ts';
import { trackingStatements } from './keepalived-tracking.ts';
import { quote, type Statement, type Unsaid } from './keepalived-words.ts';
import { keyText } from './key-text.ts';

/** Seconds that keepalived 2.2.7 takes for garp_master_delay, which it counts in microseconds in 32 bits. */
const LONGEST_PAUSE = 4294;

/** A `vrrp_instance`; calls `leave` for what keepalived cannot say. */
export function instanceStatement(instance: InstanceConfig, leave: Leave): Statement {
  const { name, garp } = instance;
  const path = ['vrrp', name];
  const { line, alone, seconds, wholeSeconds } = linesAt(path, leave);
  const { vmac, transport } = instance;
  const isUnicast = transport.kind === 'unicast';
  if (instance.lease !== INSTANCE.lease) {
    const text = `${name}: lease ${instance.lease}: keepalived leaves its addresses where they are`;
    leave({ path: [...path, 'lease'], text });
  }
  if (instance.takeover !== null) {
    const text = `${name}: takeover: keepalived takes over without asking`;
    leave({ path: [...path, 'takeover'], text });
  }
  if (instance.allowedSources !== null) {
    const text = `${name}: allowed_sources: keepalived believes everyone in its multicast group`;
    leave({ path: [...path, 'allowed_sources'], text });
  }
  const block = [
    ...line('interface', instance.interface),
    ...line('virtual_router_id', instance.vrid),
    ...line('version', unless(instance.family === 'inet' ? 2 : 3, instance.version)),
    ...line('priority', instance.priority),
    ...alone('nopreempt', !instance.preempt),
    ...seconds('preempt_delay', unless(INSTANCE.preempt_delay, instance.preemptDelay)),
    ...line('advert_int', centisToSeconds(instance.advertInterval)),
    ...line('down_timer_adverts', unless(INSTANCE.down_timer_adverts, instance.downTimerAdverts)),
    ...line(isUnicast ? 'unicast_src_ip' : 'mcast_src_ip', instance.sourceAddress ?? undefined),
    ...alone('track_src_ip', instance.tracksSource),
    ...transportLines(instance, path, leave),
    ...alone('v3_checksum_as_v2', instance.checksum === 'rfc9568'),
    ...(vmac === null ? [] : line('use_vmac', vmac.name, ...ownMac(instance))),
    ...alone('vmac_xmit_base', vmac?.transmitsOnBase ?? false),
    ...alone('dont_track_primary', !instance.tracksInterface),
    ...alone('no_accept', !instance.accept),
    ...alone('promote_secondaries', instance.promoteSecondaries),
    ...alone('lower_prio_no_advert', !instance.answersLower),
    ...alone('higher_prio_send_advert', instance.advertisesOnYield),
    ...alone('owner_ignore_adverts', instance.ownerIgnoresAdverts),
    ...wholeSeconds('garp_master_delay', unless(INSTANCE.garp_master_delay, garp.delay), LONGEST_PAUSE),
    ...line('garp_master_repeat', unless(INSTANCE.garp_master_repeat, garp.repeat)),
    ...wholeSeconds('garp_master_refresh', unless(INSTANCE.garp_master_refresh, garp.refresh)),
    ...line('garp_master_refresh_repeat', unless(INSTANCE.garp_master_refresh_repeat, garp.refreshRepeat)),
    // What an instance says of its other bursts says nothing of these.
    ...wholeSeconds(
      'garp_lower_prio_delay',
      unless(INSTANCE.garp_master_delay, garp.lowerDelay),
      LONGEST_PAUSE,
    ),
    ...line('garp_lower_prio_repeat', unless(INSTANCE.garp_master_repeat, garp.lowerRepeat)),
    ...wholeSeconds('garp_extra_if', unless(INSTANCE.garp_extra_if, garp.extraInterface)),
    ...authenticationBlock(instance.authentication, path, leave),
    ...hmacBlock(instance.hmac, path, leave),
    ...addressBlock('virtual_ipaddress', instance, 'virtual_addresses', leave),
    ...alone('no_virtual_ipaddress', instance.virtualAddresses.length === 0),
    ...addressBlock('virtual_ipaddress_excluded', instance, 'excluded_addresses', leave),
    ...linesBlock('virtual_routes', instance.routes.map(printRoute)),
    ...linesBlock('virtual_rules', instance.rules.map(printRule)),
    ...trackingStatements(instance, path, leave),
  ];
  return { text: `vrrp_instance ${quote(name) ?? name}`, block };
}

/** keepalived takes no MAC address that it would choose itself. */
const ownMac = ({ vmac, family, vrid }: InstanceConfig): readonly string[] =>
  vmac === null || vmac.mac === virtualMac(family, vrid) ? [] : [vmac.mac];

function authenticationBlock(
  authentication: Authentication | null,
  path: Unsaid['path'],
  leave: Leave,
): readonly Statement[] {
  if (authentication === null) return [];
  const password = quote(authentication.password);
  if (password === null) {
    leave({
      path: [...path, 'authentication', 'password'],
      text: 'authentication: keepalived cannot quote the password; without it the nodes do not hear each other',
    });
    return [];
  }
  const block = [{ text: 'auth_type PASS' }, { text: `auth_pass ${password}` }];
  return [{ text: 'authentication', block }];
}

const linesBlock = (keyword: string, lines: readonly string[]): readonly Statement[] =>
  lines.length === 0 ? [] : [{ text: keyword, block: lines.map((text) => ({ text })) }];

function transportLines(
  { transport, family }: InstanceConfig,
  path: Unsaid['path'],
  leave: Leave,
): readonly Statement[] {
  if (transport.kind === 'multicast') {
    return transport.group === GROUPS[family] ? [] : [{ text: `mcast_dst_ip ${transport.group}` }];
  }
  if (transport.peers.length === 0 && !transport.faultWithoutPeer) {
    const text = 'unicast_peers: without peers keepalived sends to the multicast group';
    leave({ path: [...path, 'unicast_peers'], text });
  }
  const isLimited = transport.peers.some(({ minTtl, maxTtl }) => minTtl !== 0 || maxTtl !== 255);
  if (isLimited && !transport.checkSource) {
    const text = 'check_unicast_src off: keepalived 2.2.7 takes any form of it for on';
    leave({ path: [...path, 'check_unicast_src'], text });
  }
  const peers = transport.peers.map(({ address, minTtl, maxTtl }) => {
    const limits = [
      ...(minTtl === 0 ? [] : [`min_ttl ${minTtl}`]),
      ...(maxTtl === 255 ? [] : [`max_ttl ${maxTtl}`]),
    ];
    return [address, ...limits].join(' ');
  });
  return [
    { text: 'unicast_peer', block: peers.map((text) => ({ text })) },
    ...(transport.ttl === INSTANCE.unicast_ttl ? [] : [{ text: `unicast_ttl ${transport.ttl}` }]),
    ...(transport.checkSource === isLimited
      ? []
      : [{ text: `check_unicast_src ${transport.checkSource ? 'on' : 'off'}` }]),
    ...(transport.faultWithoutPeer ? [{ text: 'unicast_fault_no_peer' }] : []),
  ];
}

function hmacBlock(hmac: HmacConfig | null, path: Unsaid['path'], leave: Leave): readonly Statement[] {
  if (hmac === null) return [];
  const keys = hmac.keys.map(({ id, secret }) => ({ id, word: quote(keyText(secret)) }));
  if (keys.some(({ word }) => word === null)) {
    const text =
      'auth_hmac: keepalived cannot quote a path; without the key the nodes do not hear each other';
    leave({ path: [...path, 'auth_hmac', 'keys'], text });
    return [];
  }
  const block = [
    ...keys.map(({ id, word }) => `key ${id} ${word}`),
    `active_key ${hmac.activeKey}`,
    ...(hmac.antiReplay === 'time' ? [] : ['anti_replay monotonic']),
    `time_window ${Math.round(hmac.window / 1_000_000)}`,
    ...(hmac.mode === 'enforce' ? [] : [`mode ${hmac.mode}`]),
  ];
  return linesBlock('auth_hmac', block);
}

function addressBlock(
  keyword: string,
  instance: InstanceConfig,
  key: 'virtual_addresses' | 'excluded_addresses',
  leave: Leave,
): readonly Statement[] {
  const addresses = key === 'virtual_addresses' ? instance.virtualAddresses : instance.excludedAddresses;
  const block = addresses.map((address, i) => {
    const path = ['vrrp', instance.name, key, i];
    const { address: ip, prefix, peer } = address;
    if (peer !== null && (prefix !== (ipFamily(ip) === 'inet' ? 32 : 128) || address.broadcast !== null)) {
      const text = `${ip}: keepalived takes no prefix length and broadcast address beside a peer`;
      leave({ path, text });
    }
    const words = ownAddressText(address, instance).split(' ').map(quote);
    if (words.every((word) => word !== null)) return { text: words.join(' ') };
    leave({ path, text: `${ip}: keepalived cannot quote its interface or label` });
    return { text: `${ip}/${prefix}` };
  });
  return block.length === 0 ? [] : [{ text: keyword, block }];
}
