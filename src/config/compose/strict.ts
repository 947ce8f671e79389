import { micros } from '../../base/units.ts';
import { mistake, warning } from '../diagnostic.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';
import type { Say } from './say.ts';

/** What strict mode makes of an instance, as keepalived does; one line says all that it changed. */
export function strictly(
  written: WrittenInstance,
  priority: number,
  version: 2 | 3,
  say: Say,
): WrittenInstance {
  if (written.unicast_peers !== undefined) {
    // keepalived 2.2.7 runs such a file, later versions do not: one that serves today must not stop to.
    const text = 'no RFC has unicast peers, which strict_mode is to hold to: newer keepalived refuses this';
    say(['unicast_peers'], warning('value_unusual', text));
  }
  if (written.virtual_addresses.length === 0) {
    say(['strict_mode'], mistake('conflicting_keys', 'strict_mode allows no instance without addresses'));
  }
  const isOwner = priority === 255;
  const isMisstated = written.state === 'MASTER' && !isOwner;
  const accept = isOwner || (version === 3 && written.accept === true);
  const { use_vmac: vmac } = written;
  const ownMac = typeof vmac === 'boolean' ? undefined : vmac.mac;
  const changes: Partial<WrittenInstance> = {
    authentication: undefined,
    preempt_delay: micros(0),
    down_timer_adverts: 3,
    vmac_xmit_base: false,
    garp_lower_prio_repeat: 0,
    garp_lower_prio_delay: micros(0),
    lower_prio_no_advert: true,
    higher_prio_send_advert: false,
    owner_ignore_adverts: true,
    accept,
    ...(isMisstated ? { state: 'BACKUP' as const } : {}),
    ...(typeof vmac === 'boolean' ? {} : { use_vmac: { ...vmac, mac: undefined } }),
  };
  const remedy = version === 3 ? 'accept has them answer' : 'version 3 with accept has them answer';
  const said = [
    ...(isMisstated ? ['state BACKUP, as only priority 255 may be MASTER'] : []),
    ...(written.version === undefined || written.version === version ? [] : [`version ${version}`]),
    ...(written.authentication === undefined ? [] : ['no authentication']),
    ...(written.preempt_delay === 0 ? [] : ['no preempt_delay']),
    ...(written.down_timer_adverts === 3 ? [] : ['down_timer_adverts 3']),
    ...(written.auth_hmac === undefined || written.auth_hmac.mode === 'enforce' ? [] : ['auth_hmac enforce']),
    ...(ownMac === undefined ? [] : ["the virtual router's MAC address"]),
    ...(written.vmac_xmit_base ? ['no vmac_xmit_base'] : []),
    ...(written.higher_prio_send_advert ? ['no higher_prio_send_advert'] : []),
    'no answer to lower priorities',
    ...(accept ? [] : [`packets to the addresses are dropped; ${remedy}`]),
  ];
  const text = `strict_mode holds this instance to the RFC: ${said.join(', ')}`;
  say(['strict_mode'], warning(accept ? 'strict_mode' : 'vip_refuses_traffic', text));
  return {
    ...written,
    ...changes,
    ...(written.auth_hmac === undefined
      ? {}
      : { auth_hmac: { ...written.auth_hmac, mode: 'enforce' as const } }),
  };
}
