import { BFD, FIFOS, GARP, GROUPS, MAIL, SCRIPTS, TRACKERS } from './reasons.ts';
import { lines, old, type Rows, repeated, yet } from './row.ts';

/** What instances and groups of them are told of. */
export const NOTIFY_ROWS: Rows = {
  notify_master: yet(SCRIPTS, 'Command to run on becoming master'),
  notify_backup: yet(SCRIPTS, 'Command to run on becoming backup'),
  notify_fault: yet(SCRIPTS, 'Command to run on a fault'),
  notify_stop: yet(SCRIPTS, 'Command to run when the daemon stops'),
  notify: yet(SCRIPTS, 'Command to run on every change, told kind, name, state and priority'),
  smtp_alert: yet(MAIL, 'Mail on every change of state'),
  notify_priority_changes: yet(FIFOS, 'Notify of changed priorities too'),
};

export const TRACK_ROWS: Rows = {
  track_interface: lines(yet(TRACKERS, 'Interfaces whose failure lowers the priority or is a fault')),
  track_script: lines(yet(TRACKERS, 'Scripts whose failure lowers the priority or is a fault')),
  track_file: lines(yet(TRACKERS, 'Files whose number changes the priority')),
  track_process: lines(yet(TRACKERS, 'Processes whose absence lowers the priority or is a fault')),
  track_bfd: lines(yet(BFD, 'BFD sessions whose failure lowers the priority or is a fault')),
};

export const SYNC_GROUP_ROWS: Rows = {
  group: lines(yet(GROUPS, 'Instances that become master and backup together')),
  ...TRACK_ROWS,
  ...NOTIFY_ROWS,
  global_tracking: old(yet(GROUPS, 'Was needed to track for the whole group; now does nothing')),
  sync_group_tracking_weight: yet(GROUPS, 'Lets trackers of the group change priorities'),
};

export const SCRIPT_ROWS: Rows = {
  script: yet(SCRIPTS, 'Command whose exit status 0 means well'),
  interval: yet(SCRIPTS, 'Seconds from one run to the next; 1 unless given'),
  timeout: yet(SCRIPTS, 'Seconds after which a run has failed; the interval unless given'),
  weight: yet(SCRIPTS, 'Change of the priority; 0 makes a failure a fault'),
  rise: yet(SCRIPTS, 'Successes in a row that make it well'),
  fall: yet(SCRIPTS, 'Failures in a row that make it unwell'),
  user: yet(SCRIPTS, 'Who runs it'),
  init_fail: yet(SCRIPTS, 'Counts as failed until the first success'),
};

export const PROCESS_ROWS: Rows = {
  process: yet(TRACKERS, 'Name of the process, with arguments'),
  param_match: yet(TRACKERS, 'How arguments are compared: exactly, initial or partial'),
  weight: yet(TRACKERS, 'Change of the priority; 0 makes a missing process a fault'),
  quorum: yet(TRACKERS, 'How many processes must run'),
  quorum_max: yet(TRACKERS, 'How many processes may run'),
  delay: yet(TRACKERS, 'Seconds before a change is believed'),
  fork_delay: yet(TRACKERS, 'Seconds before enough processes are believed'),
  terminate_delay: yet(TRACKERS, 'Seconds before too few processes are believed'),
  full_command: yet(TRACKERS, 'Compares the whole command line'),
};

export const FILE_ROWS: Rows = {
  file: yet(TRACKERS, 'Path of the file; its first number counts'),
  weight: yet(TRACKERS, 'What the number is multiplied with'),
  init_file: yet(TRACKERS, 'Creates the file at the start, with this number'),
};

export const TRACK_GROUP_ROWS: Rows = {
  group: lines(yet(TRACKERS, 'Instances that a lost static address, route or rule puts at fault')),
};

export const GARP_GROUP_ROWS: Rows = {
  garp_interval: yet(GARP, 'Least seconds between gratuitous ARPs on these interfaces'),
  gna_interval: yet(GARP, 'Least seconds between unsolicited neighbour advertisements on these interfaces'),
  interface: repeated(yet(GARP, 'An interface of the group')),
  interfaces: lines(yet(GARP, 'The interfaces of the group')),
};

export const BFD_ROWS: Rows = {
  source_ip: yet(BFD, 'Own address'),
  neighbor_ip: yet(BFD, 'Address of the peer'),
  neighbour_ip: yet(BFD, 'Address of the peer'),
  min_rx: yet(BFD, 'Least milliseconds between received packets'),
  min_tx: yet(BFD, 'Least milliseconds between sent packets'),
  idle_tx: yet(BFD, 'Milliseconds between packets while the session is down'),
  multiplier: yet(BFD, 'Missed packets that take the session down'),
  passive: yet(BFD, 'Waits for the peer to begin'),
  ttl: yet(BFD, 'TTL of sent packets'),
  hoplimit: yet(BFD, 'Hop limit of sent packets'),
  max_hops: yet(BFD, 'How many hops received packets may have made'),
  multihop: yet(BFD, 'The peer is behind routers'),
  weight: yet(BFD, 'Change of the priority; 0 makes a lost session a fault'),
  vrrp: yet(BFD, 'Only instances hear of the session'),
  checker: yet(BFD, 'Only checkers hear of the session'),
};
