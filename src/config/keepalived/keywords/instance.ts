import { BUFFERS, DEBUG, LINKS } from './reasons.ts';
import { applied, here, lines, old, type Rows, repeated, secret, usually } from './row.ts';
import { NOTIFY_ROWS, TRACK_ROWS } from './tracking.ts';

const STALLS =
  'lbd reads waiting adverts before it acts on a timer, so a stall alone does not move the address';
const LISTS = 'lbd accepts adverts with another list of addresses, and counts and logs them';

const AUTHENTICATION_ROWS: Rows = {
  auth_type: applied('vrrp.*.authentication.type', 'PASS for a password in clear; AH is outdated'),
  auth_pass: applied('vrrp.*.authentication.password', 'The password; 8 characters count'),
};

const HMAC_ROWS: Rows = {
  key: repeated(applied('vrrp.*.auth_hmac.keys', 'A key by its number: text, hex: or file:')),
  active_key: applied('vrrp.*.auth_hmac.active_key', 'Number of the key that signs'),
  anti_replay: applied('vrrp.*.auth_hmac.anti_replay', 'What makes an advert fresh: time or monotonic'),
  time_window: applied('vrrp.*.auth_hmac.time_window', 'How many seconds old an advert may be'),
  mode: applied('vrrp.*.auth_hmac.mode', 'enforce, permissive or receive-only'),
};

export const INSTANCE_ROWS: Rows = {
  state: applied('vrrp.*.state', 'MASTER or BACKUP: a wish that decides no election'),
  interface: applied('vrrp.*.interface', 'Interface that carries the adverts'),
  vrf: here('lbd puts the interfaces that it makes into no VRF', 'VRF of the interface that use_vmac makes'),
  use_vmac: applied('vrrp.*.use_vmac', 'Makes an interface with the MAC of the virtual router'),
  use_vmac_addr: applied(
    'vrrp.*.use_vmac_addr',
    'Makes such interfaces also for addresses on other interfaces',
  ),
  vmac_xmit_base: applied('vrrp.*.vmac_xmit_base', 'Sends adverts from the underlying interface'),
  use_ipvlan: here(
    'an ipvlan interface has the MAC of its base: the addresses are put on the base itself',
    'Makes an ipvlan interface for the addresses',
  ),
  native_ipv6: old(here('the addresses tell the family', 'Adverts over IPv6')),
  dont_track_primary: applied('vrrp.*.dont_track_primary', 'Ignores faults of the own interface'),
  ...TRACK_ROWS,
  mcast_src_ip: applied('vrrp.*.mcast_src_ip', 'Source address of adverts'),
  unicast_src_ip: applied('vrrp.*.unicast_src_ip', 'Source address of adverts'),
  mcast_dst_ip: applied('vrrp.*.mcast_dst_ip', 'Multicast group of this instance'),
  track_src_ip: applied('vrrp.*.track_src_ip', 'Makes a missing source address a fault'),
  virtual_router_id: applied('vrrp.*.virtual_router_id', 'VRID, 1 to 255, unique on the segment'),
  unicast_peer: lines(
    applied('vrrp.*.unicast_peers', 'Addresses of the other directors; adverts go to them'),
  ),
  unicast_fault_no_peer: applied('vrrp.*.unicast_fault_no_peer', 'Makes an empty list of peers a fault'),
  check_unicast_src: applied('vrrp.*.check_unicast_src', 'Accepts adverts only of peers'),
  unicast_ttl: applied('vrrp.*.unicast_ttl', 'TTL of adverts to peers'),
  old_unicast_checksum: here(
    'the old form is accepted, and no version since 1.3.7 wants it',
    'Computes the checksum as versions before 1.3.7 did',
  ),
  version: applied('vrrp.*.version', 'Version of the protocol, 2 or 3'),
  v3_checksum_as_v2: applied(
    'vrrp.*.v3_checksum_as_v2',
    'Leaves the pseudo-header out of checksums of version 3',
  ),
  priority: applied('vrrp.*.priority', 'Weight in the election, 1 to 255'),
  advert_int: applied('vrrp.*.advert_int', 'Seconds between adverts'),
  virtual_ipaddress: lines(applied('vrrp.*.virtual_addresses', 'What the master owns')),
  virtual_ipaddress_excluded: lines(
    applied('vrrp.*.excluded_addresses', 'What the master owns without telling in adverts'),
  ),
  no_virtual_ipaddress: applied('vrrp.*.no_virtual_ipaddress', 'Allows an instance without addresses'),
  promote_secondaries: applied(
    'vrrp.*.promote_secondaries',
    'Keeps other addresses when the first of a subnet goes',
  ),
  linkbeat_use_polling: old(here(LINKS, 'Asks for the state of the link again and again')),
  virtual_routes: lines(applied('vrrp.*.virtual_routes', 'Routes while master')),
  virtual_rules: lines(applied('vrrp.*.virtual_rules', 'Routing rules while master')),
  accept: applied('vrrp.*.accept', 'Accepts packets to the addresses'),
  no_accept: applied('vrrp.*.accept', 'Drops packets to the addresses'),
  skip_check_adv_addr: usually('', here(LISTS, 'Compares the list of addresses only for a new master')),
  strict_mode: applied('vrrp.*.strict_mode', 'Holds this instance to the letter of the RFC'),
  preempt: applied('vrrp.*.preempt', 'Takes over from a master of lower priority'),
  nopreempt: applied('vrrp.*.preempt', 'Leaves a master of lower priority in its place'),
  preempt_delay: applied('vrrp.*.preempt_delay', 'Seconds before a master of lower priority is replaced'),
  debug: usually('0', here(DEBUG, 'How much is logged')),
  ...NOTIFY_ROWS,
  lvs_sync_daemon_interface: old(
    applied('ipvs.sync_daemon.interface', 'Interface of connection sync that follows this instance'),
  ),
  garp_master_delay: applied('vrrp.*.garp_master_delay', 'Seconds before the second burst'),
  garp_master_refresh: applied('vrrp.*.garp_master_refresh', 'Seconds between announcements while master'),
  garp_master_repeat: applied('vrrp.*.garp_master_repeat', 'Announcements per address in a burst'),
  garp_master_refresh_repeat: applied('vrrp.*.garp_master_refresh_repeat', 'Announcements in a refresh'),
  garp_lower_prio_delay: applied(
    'vrrp.*.garp_lower_prio_delay',
    'Seconds before the second burst after hearing a lower priority',
  ),
  garp_lower_prio_repeat: applied('vrrp.*.garp_lower_prio_repeat', 'Announcements in such a burst'),
  garp_extra_if: applied(
    'vrrp.*.garp_extra_if',
    'Announces on the underlying interface too, every so many seconds',
  ),
  vmac_garp_intvl: old(
    applied('vrrp.*.garp_extra_if', 'Announces on the underlying interface too, every so many seconds'),
  ),
  down_timer_adverts: applied('vrrp.*.down_timer_adverts', 'Missed adverts before taking over'),
  timer_expired_backup: here(STALLS, 'Becomes backup after a stall of its own'),
  thread_timer_expired: old(here(STALLS, 'Becomes backup after a stall of its own')),
  lower_prio_no_advert: applied('vrrp.*.lower_prio_no_advert', 'Does not answer an advert of lower priority'),
  higher_prio_send_advert: applied('vrrp.*.higher_prio_send_advert', 'Sends one more advert when yielding'),
  owner_ignore_adverts: applied('vrrp.*.owner_ignore_adverts', 'An owner of the address ignores adverts'),
  kernel_rx_buf_size: here(BUFFERS, 'Receive buffer of the socket'),
  authentication: secret(applied('vrrp.*.authentication', 'Password of adverts'), AUTHENTICATION_ROWS),
  auth_hmac: secret(applied('vrrp.*.auth_hmac', 'Signature of adverts'), HMAC_ROWS),
};
