import { applied, here, lines, old, type Rows, repeated } from './row.ts';

/** What instances and groups of them are told of; `of` is where YAML has these. */
const notifyRows = (of: string): Rows => ({
  notify_master: applied(`${of}.notify.master`, 'Command to run on becoming master'),
  notify_backup: applied(`${of}.notify.backup`, 'Command to run on becoming backup'),
  notify_fault: applied(`${of}.notify.fault`, 'Command to run on a fault'),
  notify_stop: applied(`${of}.notify.stop`, 'Command to run when the daemon stops'),
  notify: applied(`${of}.notify.all`, 'Command to run on every change, told kind, name, state and priority'),
  smtp_alert: applied(`${of}.notify.mail`, 'Mail on every change of state'),
  notify_priority_changes: applied(`${of}.notify.priority_changes`, 'Notify of changed priorities too'),
});

/** What instances and groups of them follow; `of` is where YAML has these. */
const trackRows = (of: string): Rows => ({
  track_interface: lines(
    applied(`${of}.track.*.interface`, 'Interfaces whose failure lowers the priority or is a fault'),
  ),
  track_script: lines(
    applied(`${of}.track.*.script`, 'Scripts whose failure lowers the priority or is a fault'),
  ),
  track_file: lines(applied(`${of}.track.*.file`, 'Files whose number changes the priority')),
  track_process: lines(
    applied(`${of}.track.*.process`, 'Processes whose absence lowers the priority or is a fault'),
  ),
  track_bfd: lines(
    applied(`${of}.track.*.bfd`, 'BFD sessions whose failure lowers the priority or is a fault'),
  ),
});

export const NOTIFY_ROWS: Rows = {
  ...notifyRows('vrrp.*'),
  notify_deleted: applied(
    'vrrp.*.notify.deleted',
    'Tells of an instance that a reload takes away as DELETED; may be a command to run then',
  ),
  notify_master_rx_lower_pri: applied(
    'vrrp.*.notify.lower_priority',
    'Command to run when a master hears a lower priority',
  ),
};

export const TRACK_ROWS: Rows = trackRows('vrrp.*');

const NOTHING = 'it does nothing in keepalived either: what a group follows is always for all its instances';

export const SYNC_GROUP_ROWS: Rows = {
  group: lines(applied('sync_groups.*.group', 'Instances that become master and backup together')),
  ...trackRows('sync_groups.*'),
  ...notifyRows('sync_groups.*'),
  global_tracking: old(here(NOTHING, 'Was needed to track for the whole group')),
  sync_group_tracking_weight: applied(
    'sync_groups.*.sync_group_tracking_weight',
    'Lets trackers of single instances change their priorities',
  ),
};

export const SCRIPT_ROWS: Rows = {
  script: applied('track_scripts.*.script', 'Command whose exit status 0 means well'),
  interval: applied('track_scripts.*.interval', 'Seconds from one run to the next; 1 unless given'),
  timeout: applied(
    'track_scripts.*.timeout',
    'Seconds after which a run has failed; the interval unless given',
  ),
  weight: applied('track_scripts.*.weight', 'Change of the priority; 0 makes a failure a fault'),
  rise: applied('track_scripts.*.rise', 'Successes in a row that make it well'),
  fall: applied('track_scripts.*.fall', 'Failures in a row that make it unwell'),
  user: applied('track_scripts.*.user', 'Who runs it'),
  init_fail: applied('track_scripts.*.init_fail', 'Counts as failed until the first success'),
};

export const PROCESS_ROWS: Rows = {
  process: applied('track_processes.*.process', 'Name of the process, with arguments'),
  param_match: applied('track_processes.*.param_match', 'How arguments are compared: initial or partial'),
  weight: applied('track_processes.*.weight', 'Change of the priority; 0 makes a missing process a fault'),
  quorum: applied('track_processes.*.quorum', 'How many processes must run'),
  quorum_max: applied('track_processes.*.quorum_max', 'How many processes may run'),
  delay: applied('track_processes.*.fork_delay', 'Seconds before a change is believed'),
  fork_delay: applied('track_processes.*.fork_delay', 'Seconds before enough processes are believed'),
  terminate_delay: applied(
    'track_processes.*.terminate_delay',
    'Seconds before too few processes are believed',
  ),
  full_command: applied('track_processes.*.full_command', 'Compares the whole command line'),
};

export const FILE_ROWS: Rows = {
  file: applied('track_files.*.file', 'Path of the file; its first number counts'),
  weight: applied('track_files.*.weight', 'What the number is multiplied with'),
  init_file: applied('track_files.*.init_file', 'Creates the file at the start, with this number'),
};

/** Why nothing depends on the loss of a static address, route or rule. */
export const PUT_BACK = 'lbd puts back what somebody else takes away, and no instance fails for it';

export const TRACK_GROUP_ROWS: Rows = {
  group: lines(here(PUT_BACK, 'Instances that a lost static address, route or rule puts at fault')),
};

export const GARP_GROUP_ROWS: Rows = {
  garp_interval: applied('garp_groups.*.garp_interval', 'Least seconds between gratuitous ARPs'),
  gna_interval: applied(
    'garp_groups.*.gna_interval',
    'Least seconds between unsolicited neighbour advertisements',
  ),
  interface: repeated(applied('garp_groups.*.interfaces', 'An interface of the group')),
  interfaces: lines(applied('garp_groups.*.interfaces', 'The interfaces of the group')),
};

const EVERYWHERE = 'instances hear of every session';

export const BFD_ROWS: Rows = {
  source_ip: applied('bfd.*.source_ip', 'Own address'),
  neighbor_ip: applied('bfd.*.neighbor_ip', 'Address of the peer'),
  neighbour_ip: applied('bfd.*.neighbor_ip', 'Address of the peer'),
  min_rx: applied('bfd.*.min_rx', 'Least milliseconds between received packets'),
  min_tx: applied('bfd.*.min_tx', 'Least milliseconds between sent packets'),
  idle_tx: applied('bfd.*.idle_tx', 'Milliseconds between packets while the session is down'),
  multiplier: applied('bfd.*.multiplier', 'Missed packets that take the session down'),
  passive: applied('bfd.*.passive', 'Waits for the peer to begin'),
  ttl: applied('bfd.*.ttl', 'TTL of sent packets'),
  hoplimit: applied('bfd.*.ttl', 'Hop limit of sent packets; 255 unless given, as RFC 5881 asks'),
  max_hops: applied('bfd.*.max_hops', 'How many hops received packets may have made'),
  multihop: applied('bfd.*.multihop', 'The peer is behind routers'),
  weight: applied('bfd.*.weight', 'Change of the priority; 0 makes a lost session a fault'),
  vrrp: here(EVERYWHERE, 'Only instances hear of the session'),
  checker: here('whoever follows a session hears of it', 'Only checkers hear of the session'),
};
