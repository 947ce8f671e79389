import { BUFFERS, DBUS, DEBUG, DUMPS, FIREWALL, NAMES, RELOADS, SCHEDULING, SNMP } from './reasons.ts';
import { applied, here, lines, old, type Rows, usually, yet } from './row.ts';

const SYMLINKS = 'lbd runs a script by the path that the file has';
const GROUPS = 'a script has all groups of its user';
const LISTS = 'lbd accepts adverts with another list of addresses, and counts and logs them';
const INTERFACES = 'lbd waits for interfaces that are missing';
const INCLUDES = 'what may be missing is said by the form of each include';
const CONNTRACK = 'lbd gives every address its own service in the kernel';
const CHECKERS = 'lbd sends one mail when a server comes or goes, however many checkers it has';
const DEFAULT_PATHS = 'lbd looks for the names of tables where iproute2 has them';

/** `vrrp_priority` and its like, which each process has. */
const processRows = (which: string): Rows => ({
  [`${which}_priority`]: here(SCHEDULING, `Nice value of the ${which} process`),
  [`${which}_no_swap`]: here(SCHEDULING, `Keeps the ${which} process in memory`),
  [`${which}_rt_priority`]: here(SCHEDULING, `Real-time priority of the ${which} process`),
  [`${which}_cpu_affinity`]: here(SCHEDULING, `Processors of the ${which} process`),
  [`${which}_rlimit_rttime`]: here(SCHEDULING, `Longest real-time run of the ${which} process`),
  [`${which}_rlimit_rtime`]: old(here(SCHEDULING, `Longest real-time run of the ${which} process`)),
});

const bufferRows = (which: string): Rows => ({
  [`${which}_rcv_bufs`]: here(BUFFERS, 'Receive buffer of a netlink socket'),
  [`${which}_rcv_bufs_force`]: here(BUFFERS, 'Sets that buffer above the limit of the system'),
});

const GENERAL_ROWS: Rows = {
  process_names: here(NAMES, 'Shows which process is which'),
  process_name: here(NAMES, 'Name of the parent process'),
  vrrp_process_name: here(NAMES, 'Name of the VRRP process'),
  checker_process_name: here(NAMES, 'Name of the checker process'),
  lvs_process_name: old(here(NAMES, 'Name of the checker process')),
  bfd_process_name: here(NAMES, 'Name of the BFD process'),
  use_symlink_paths: here(SYMLINKS, 'Keeps symbolic links in the paths of scripts'),
  set_supplementary_groups: usually('', here(GROUPS, 'Gives scripts all groups of their user')),
  router_id: applied('router_id', 'Name of this node in what it reports'),
  notification_email_from: applied('mail.notification_email_from', 'Sender of mail'),
  smtp_server: applied('mail.smtp_server', 'Mail server, with its port'),
  smtp_helo_name: applied('mail.smtp_helo_name', 'Name to greet the mail server with'),
  smtp_connect_timeout: applied('mail.smtp_connect_timeout', 'Seconds to wait for the mail server'),
  notification_email: lines(applied('mail.notification_email', 'Who gets mail')),
  smtp_alert: applied('vrrp.*.notify.mail', 'Mail about everything that does not say otherwise'),
  smtp_alert_vrrp: applied('vrrp.*.notify.mail', 'Mail about instances that do not say otherwise'),
  smtp_alert_checker: applied(
    'mail.smtp_alert_checker',
    'Mail about services and servers that do not say otherwise',
  ),
  no_email_faults: applied('mail.no_email_faults', 'No mail about faults'),
  no_checker_emails: usually(
    '',
    here(CHECKERS, 'Mail only when a server comes or goes, not for each checker'),
  ),
  startup_script: applied('startup_script', 'Command to run before the start'),
  startup_script_timeout: applied('startup_script_timeout', 'Seconds that it may take'),
  shutdown_script: applied('shutdown_script', 'Command to run after the stop'),
  shutdown_script_timeout: applied('shutdown_script_timeout', 'Seconds that it may take'),
  script_user: applied('script_user', 'Who runs scripts'),
  enable_script_security: applied(
    'enable_script_security',
    'Refuses scripts that others than root can change; always so here',
  ),
  rs_init_notifies: applied('rs_init_notifies', 'Tells the first state of servers too'),
  checker_log_all_failures: yet('lbd logs changes of state', 'Logs every failed check'),
  random_seed: here(DEBUG, 'Makes the spread of first checks repeatable'),
  umask: here('lbd makes its files readable for its user only', 'Mode of new files'),
  tmp_config_directory: here(DEBUG, 'Where the configuration is kept while it is read'),
  config_save_dir: here(DEBUG, 'Where configurations are saved for bug reports'),
  data_use_instance: here(DUMPS, 'Puts the instance into the names of dumps'),
  json_version: usually('1', here(DUMPS, 'Layout of the JSON dump')),
  state_dump_file: here(DUMPS, 'Where the state is dumped'),
  stats_dump_file: here(DUMPS, 'Where counters are dumped'),
  json_dump_file: here(DUMPS, 'Where JSON is dumped'),
  state_file_location: here(DUMPS, 'Where the state is dumped, as the manual page spells it'),
  stats_file_location: here(DUMPS, 'Where counters are dumped, as the manual page spells it'),
  json_file_location: here(DUMPS, 'Where JSON is dumped, as the manual page spells it'),
  iproute_usr_dir: here(DEFAULT_PATHS, 'Where the names of routing tables are'),
  iproute_etc_dir: here(DEFAULT_PATHS, 'Where the names of routing tables are'),
  include_check: here(INCLUDES, 'What is wrong with an include'),
  reload_check_config: usually('', here(RELOADS, 'Checks a configuration before a reload')),
  reload_time_file: here(RELOADS, 'File with the time of the next reload'),
  reload_repeat: here(RELOADS, 'Reloads at that time every day'),
  reload_file: here(RELOADS, 'Reloads only if this file exists'),
};

const LVS_ROWS: Rows = {
  lvs_timeouts: applied('ipvs.timeouts', 'Timeouts of idle connections: tcp, tcpfin, udp'),
  lvs_flush: applied('ipvs.flush', 'Removes the services of others at the start'),
  lvs_flush_on_stop: applied('ipvs.flush_on_stop', 'Empties the table at the stop'),
  lvs_flush_onstop: old(applied('ipvs.flush_on_stop', 'Empties the table at the stop')),
  lvs_sync_daemon: applied(
    'ipvs.sync_daemon',
    'Interface of connection sync, and the instance that it follows',
  ),
  nftables_ipvs: here(CONNTRACK, 'Makes one marked service of a group'),
  nftables_ipvs_priority: here(CONNTRACK, 'Priority of the chains that mark'),
  nftables_ipvs_start_fwmark: here(CONNTRACK, 'First mark'),
};

const VRRP_ROWS: Rows = {
  dynamic_interfaces: usually('', here(INTERFACES, 'Allows interfaces that do not exist yet')),
  default_interface: applied('vrrp.*.interface', 'Interface of instances that name none'),
  disable_local_igmp: here('the kernel sends IGMP', 'Sends no IGMP for local groups'),
  v3_checksum_as_v2: applied(
    'vrrp.*.v3_checksum_as_v2',
    'Leaves the pseudo-header out of checksums of version 3',
  ),
  vrrp_mcast_group4: applied('vrrp.*.mcast_dst_ip', 'Multicast group of adverts'),
  vrrp_mcast_group6: applied('vrrp.*.mcast_dst_ip', 'Multicast group of adverts over IPv6'),
  vrrp_garp_master_delay: applied('vrrp.*.garp_master_delay', 'Seconds before the second burst'),
  vrrp_garp_master_repeat: applied('vrrp.*.garp_master_repeat', 'Announcements per address in a burst'),
  vrrp_garp_master_refresh: applied(
    'vrrp.*.garp_master_refresh',
    'Seconds between announcements while master',
  ),
  vrrp_garp_master_refresh_repeat: applied('vrrp.*.garp_master_refresh_repeat', 'Announcements in a refresh'),
  vrrp_garp_lower_prio_delay: applied(
    'vrrp.*.garp_lower_prio_delay',
    'Seconds before the second burst after hearing a lower priority',
  ),
  vrrp_garp_lower_prio_repeat: applied('vrrp.*.garp_lower_prio_repeat', 'Announcements in such a burst'),
  vrrp_down_timer_adverts: applied('vrrp.*.down_timer_adverts', 'Missed adverts before taking over'),
  vrrp_garp_interval: applied('vrrp_garp_interval', 'Least seconds between gratuitous ARPs on an interface'),
  vrrp_gna_interval: applied(
    'vrrp_gna_interval',
    'Least seconds between unsolicited neighbour advertisements on an interface',
  ),
  vrrp_min_garp: applied('vrrp.*.garp_master_repeat', 'One announcement per address in a single burst'),
  vrrp_garp_extra_if: applied(
    'vrrp.*.garp_extra_if',
    'Announces on the underlying interface too, every so many seconds',
  ),
  vrrp_vmac_garp_intvl: old(
    applied('vrrp.*.garp_extra_if', 'Announces on the underlying interface too, every so many seconds'),
  ),
  vrrp_lower_prio_no_advert: applied(
    'vrrp.*.lower_prio_no_advert',
    'Does not answer an advert of lower priority',
  ),
  vrrp_higher_prio_send_advert: applied(
    'vrrp.*.higher_prio_send_advert',
    'Sends one more advert when yielding',
  ),
  vrrp_version: applied('vrrp.*.version', 'Version of the protocol, 2 or 3'),
  vrrp_iptables: here(FIREWALL, 'Chains for rules that drop packets to the addresses'),
  vrrp_ipsets: here(FIREWALL, 'Sets for these rules'),
  nftables: here(FIREWALL, 'Table for rules that drop packets to the addresses'),
  nftables_priority: here(FIREWALL, 'Priority of its chains'),
  nftables_ifindex: here(FIREWALL, 'Uses the index of interfaces in these rules'),
  nftables_counters: here(FIREWALL, 'Counts packets in these rules'),
  vrrp_check_unicast_src: applied('vrrp.*.check_unicast_src', 'Accepts adverts only of peers'),
  vrrp_skip_check_adv_addr: usually('', here(LISTS, 'Compares the list of addresses only for a new master')),
  vrrp_strict: applied(null, 'Holds every instance to the letter of the RFC'),
  vrrp_owner_ignore_adverts: applied(
    'vrrp.*.owner_ignore_adverts',
    'An owner of the address ignores adverts',
  ),
  vrrp_notify_priority_changes: applied(
    'vrrp.*.notify.priority_changes',
    'Notifies of changed priorities too',
  ),
  vrrp_startup_delay: applied('vrrp_startup_delay', 'Seconds before the first election'),
  vrrp_delay_after_boot: applied('vrrp_delay_after_boot', 'Seconds since boot before the first election'),
  log_unknown_vrids: here('lbd counts adverts that it refuses by the reason', 'Logs VRIDs of others'),
  vmac_prefix: applied('vrrp.*.use_vmac', 'How interfaces with a virtual MAC are called'),
  vmac_addr_prefix: here(
    'their names begin with vrrp',
    'How interfaces with a virtual MAC for single addresses are called',
  ),
  vrrp_rx_bufs_policy: here(BUFFERS, 'How large the receive buffer is'),
  vrrp_rx_bufs_multiplier: here(BUFFERS, 'How many adverts fit into it'),
};

const NOTIFY_ROWS: Rows = {
  notify_fifo: applied('notify_fifos.*.path', 'FIFO that all changes are written to'),
  notify_fifo_script: applied('notify_fifos.*.script', 'Program that reads it'),
  vrrp_notify_fifo: applied('notify_fifos.*.path', 'FIFO that changes of instances are written to'),
  vrrp_notify_fifo_script: applied('notify_fifos.*.script', 'Program that reads it'),
  lvs_notify_fifo: applied('notify_fifos.*.path', 'FIFO that changes of services and servers are written to'),
  lvs_notify_fifo_script: applied('notify_fifos.*.script', 'Program that reads it'),
  fifo_write_vrrp_states_on_reload: applied(
    'fifo_write_vrrp_states_on_reload',
    'Writes all states again after a reload',
  ),
  snmp_socket: here(SNMP, 'Socket of the SNMP master agent'),
  enable_traps: here(SNMP, 'Sends traps'),
  enable_snmp_vrrp: here(SNMP, 'Answers about instances'),
  enable_snmp_keepalived: old(here(SNMP, 'Answers about instances')),
  enable_snmp_checker: here(SNMP, 'Answers about servers'),
  enable_snmp_rfc: here(SNMP, 'Answers as RFC 2787 and RFC 6527 have it'),
  enable_snmp_rfcv2: here(SNMP, 'Answers as RFC 2787 has it'),
  enable_snmp_rfcv3: here(SNMP, 'Answers as RFC 6527 has it'),
  snmp_vs_stats_update_interval: here(SNMP, 'Seconds between readings of the counters of services'),
  snmp_rs_stats_update_interval: here(SNMP, 'Seconds between readings of the counters of servers'),
  enable_dbus: here(DBUS, 'Answers on D-Bus'),
  dbus_service_name: here(DBUS, 'Name on D-Bus'),
  dbus_no_interface_name: here(DBUS, 'Name of no interface in paths on D-Bus'),
};

const PROCESS_ROWS: Rows = {
  max_auto_priority: here(SCHEDULING, 'How far the real-time priority may rise by itself'),
  min_auto_priority_delay: here(SCHEDULING, 'How late a timer must be for that, in microseconds'),
  ...processRows('vrrp'),
  ...processRows('checker'),
  ...processRows('bfd'),
  ...bufferRows('vrrp_netlink_cmd'),
  ...bufferRows('vrrp_netlink_monitor'),
  ...bufferRows('lvs_netlink_cmd'),
  ...bufferRows('lvs_netlink_monitor'),
  ...bufferRows('process_monitor'),
};

export const GLOBAL_ROWS: Rows = {
  ...GENERAL_ROWS,
  ...LVS_ROWS,
  ...VRRP_ROWS,
  ...NOTIFY_ROWS,
  ...PROCESS_ROWS,
};
