import {
  BUFFERS,
  DEBUG,
  GARP,
  HMAC,
  LINKS,
  ROUTES,
  SCRIPTS,
  TRACKERS,
  UNICAST,
  VERSION_2,
  VMACS,
} from './reasons.ts';
import { applied, here, lines, old, type Rows, secret, usually, yet } from './row.ts';
import { NOTIFY_ROWS, TRACK_ROWS } from './tracking.ts';

const ACCEPTS = 'lbd accepts packets to the addresses that it owns';
const STALLS =
  'lbd reads waiting adverts before it acts on a timer, so a stall alone does not move the address';
const ANSWERS = 'lbd answers an advert of lower priority at once';
const LISTS = 'lbd accepts adverts with another list of addresses, and counts and logs them';

const AUTHENTICATION_ROWS: Rows = {
  auth_type: applied('vrrp.*.authentication.type', 'PASS for a password in clear; AH is outdated'),
  auth_pass: applied('vrrp.*.authentication.password', 'The password; 8 characters count'),
};

const HMAC_ROWS: Rows = {
  key: yet(HMAC, 'A key by its number: text, hex: or file:'),
  active_key: yet(HMAC, 'Number of the key that signs'),
  anti_replay: yet(HMAC, 'What makes an advert fresh: time or monotonic'),
  time_window: yet(HMAC, 'How many seconds old an advert may be'),
  mode: yet(HMAC, 'enforce, permissive or receive-only'),
};

export const INSTANCE_ROWS: Rows = {
  state: applied('vrrp.*.state', 'MASTER or BACKUP: a wish that decides no election'),
  interface: applied('vrrp.*.interface', 'Interface that carries the adverts'),
  vrf: yet(VMACS, 'VRF of the interface that use_vmac makes'),
  use_vmac: yet(VMACS, 'Makes an interface with the MAC of the virtual router'),
  use_vmac_addr: yet(VMACS, 'Makes such interfaces also for addresses on other interfaces'),
  vmac_xmit_base: yet(VMACS, 'Sends adverts from the underlying interface'),
  use_ipvlan: yet(VMACS, 'Makes an ipvlan interface for the addresses'),
  native_ipv6: old(here('the addresses tell the family', 'Adverts over IPv6')),
  dont_track_primary: yet('a lost interface is always a fault', 'Ignores faults of the own interface'),
  ...TRACK_ROWS,
  mcast_src_ip: applied('vrrp.*.mcast_src_ip', 'Source address of adverts'),
  unicast_src_ip: applied('vrrp.*.mcast_src_ip', 'Source address of adverts'),
  mcast_dst_ip: usually('224.0.0.18', yet('adverts go to 224.0.0.18', 'Multicast group of this instance')),
  track_src_ip: yet(TRACKERS, 'Makes a missing source address a fault'),
  virtual_router_id: applied('vrrp.*.virtual_router_id', 'VRID, 1 to 255, unique on the segment'),
  unicast_peer: lines(yet(UNICAST, 'Addresses of the other directors; adverts go to them')),
  unicast_fault_no_peer: yet(UNICAST, 'Makes an empty list of peers a fault'),
  check_unicast_src: yet(UNICAST, 'Accepts adverts only of peers'),
  unicast_ttl: yet(UNICAST, 'TTL of adverts to peers'),
  old_unicast_checksum: yet(UNICAST, 'Computes the checksum as versions before 1.3.7 did'),
  version: applied('vrrp.*.version', 'Version of the protocol, 2 or 3'),
  v3_checksum_as_v2: yet(VERSION_2, 'Leaves the pseudo-header out of checksums of version 3'),
  priority: applied('vrrp.*.priority', 'Weight in the election, 1 to 255'),
  advert_int: applied('vrrp.*.advert_int', 'Seconds between adverts'),
  virtual_ipaddress: lines(applied('vrrp.*.virtual_addresses', 'What the master owns')),
  virtual_ipaddress_excluded: lines(
    yet('lbd only sets the addresses that adverts carry', 'What the master owns without telling in adverts'),
  ),
  no_virtual_ipaddress: yet(
    'an instance without addresses is left out',
    'Allows an instance without addresses',
  ),
  promote_secondaries: yet(
    'lbd leaves this sysctl alone',
    'Keeps other addresses when the first of a subnet goes',
  ),
  linkbeat_use_polling: old(here(LINKS, 'Asks for the state of the link again and again')),
  virtual_routes: lines(yet(ROUTES, 'Routes while master')),
  virtual_rules: lines(yet(ROUTES, 'Routing rules while master')),
  accept: usually('', here(ACCEPTS, 'Accepts packets to the addresses')),
  no_accept: yet(ACCEPTS, 'Drops packets to the addresses'),
  skip_check_adv_addr: usually('', here(LISTS, 'Compares the list of addresses only for a new master')),
  strict_mode: applied(null, 'Holds this instance to the letter of the RFC'),
  preempt: applied('vrrp.*.preempt', 'Takes over from a master of lower priority'),
  nopreempt: applied('vrrp.*.preempt', 'Leaves a master of lower priority in its place'),
  preempt_delay: usually(
    '0',
    yet('a master of lower priority is replaced at once', 'Seconds before it is replaced'),
  ),
  debug: usually('0', here(DEBUG, 'How much is logged')),
  ...NOTIFY_ROWS,
  notify_deleted: yet(SCRIPTS, 'Command to run when a reload takes the instance away'),
  notify_master_rx_lower_pri: yet(SCRIPTS, 'Command to run when a master hears a lower priority'),
  lvs_sync_daemon_interface: old(yet('lbd runs no connection sync', 'Interface of connection sync')),
  garp_master_delay: applied('vrrp.*.garp_master_delay', 'Seconds before the second burst'),
  garp_master_refresh: applied('vrrp.*.garp_master_refresh', 'Seconds between announcements while master'),
  garp_master_repeat: applied('vrrp.*.garp_master_repeat', 'Announcements per address in a burst'),
  garp_master_refresh_repeat: applied('vrrp.*.garp_master_refresh_repeat', 'Announcements in a refresh'),
  garp_lower_prio_delay: yet(GARP, 'Seconds before the second burst after hearing a lower priority'),
  garp_lower_prio_repeat: yet(GARP, 'Announcements in such a burst'),
  garp_extra_if: yet(VMACS, 'Announces on the underlying interface too, every so many seconds'),
  vmac_garp_intvl: old(yet(VMACS, 'Announces on the underlying interface too, every so many seconds')),
  down_timer_adverts: usually(
    '3',
    yet('three missed adverts make a master down', 'Missed adverts before taking over'),
  ),
  timer_expired_backup: here(STALLS, 'Becomes backup after a stall of its own'),
  thread_timer_expired: old(here(STALLS, 'Becomes backup after a stall of its own')),
  lower_prio_no_advert: yet(ANSWERS, 'Does not answer an advert of lower priority'),
  higher_prio_send_advert: yet('lbd yields without a word', 'Sends one more advert when yielding'),
  owner_ignore_adverts: yet('an owner hears adverts', 'An owner of the address ignores adverts'),
  kernel_rx_buf_size: here(BUFFERS, 'Receive buffer of the socket'),
  authentication: secret(applied('vrrp.*.authentication', 'Password of adverts'), AUTHENTICATION_ROWS),
  auth_hmac: secret(yet(HMAC, 'Signature of adverts'), HMAC_ROWS),
};
