import { CHECKER_ROWS } from './checkers.ts';
import { SNMP } from './reasons.ts';
import { applied, here, named, type Rows, repeated } from './row.ts';

const SERVER = 'services.*.servers.*';

/** What servers and checks inherit. */
const inherited = (check: string): Rows => ({
  retry: applied(`${check}.retry`, 'Failures tolerated before a server is taken out'),
  delay_before_retry: applied(`${check}.delay_before_retry`, 'Seconds before a retry'),
  warmup: applied(`${check}.warmup`, 'Seconds over which first checks are spread'),
  connect_timeout: applied(`${check}.timeout`, 'Seconds that a check may take'),
  delay_loop: applied(`${check}.interval`, 'Seconds from one check to the next'),
  alpha: applied(`${check}.alpha`, 'Servers are out until their first success'),
  virtualhost: applied(`${check}.host`, 'Host to ask for in HTTP checks'),
});

export const SERVER_ROWS: Rows = {
  weight: applied(`${SERVER}.weight`, 'Share of connections; 0 gives no new ones'),
  lvs_method: applied(`${SERVER}.forward`, 'How packets reach this server: NAT, DR or TUN'),
  uthreshold: applied(`${SERVER}.upper_threshold`, 'No new connections above this many'),
  lthreshold: applied(`${SERVER}.lower_threshold`, 'New connections again below this many'),
  inhibit_on_failure: applied(
    `${SERVER}.inhibit_on_failure`,
    'A server that fails gets weight 0 in place of being taken out',
  ),
  notify_up: applied(`${SERVER}.notify_up`, 'Command to run when the server comes'),
  notify_down: applied(`${SERVER}.notify_down`, 'Command to run when the server goes'),
  ...inherited(`${SERVER}.check`),
  smtp_alert: applied(`${SERVER}.mail`, 'Mail when the server comes or goes; on unless given'),
  snmp_name: here(SNMP, 'Name of the server in SNMP'),
  ...CHECKER_ROWS,
};

const flag = (doc: string) => repeated(applied('services.*.scheduler_flags', doc));

export const SERVICE_ROWS: Rows = {
  ip_family: applied('services.*.ip_family', 'Family of a fwmark: inet or inet6'),
  ...inherited('services.*.check'),
  inhibit_on_failure: applied(
    'services.*.inhibit_on_failure',
    'Servers that fail get weight 0 in place of being taken out',
  ),
  lb_algo: applied('services.*.scheduler', 'The scheduler of the kernel; wlc unless given'),
  lvs_sched: applied('services.*.scheduler', 'The scheduler of the kernel; wlc unless given'),
  hashed: here('the kernel sets this flag by itself', 'Sets the flag "hashed"'),
  ops: applied('services.*.ops', 'Balances every datagram by itself'),
  'flag-1': flag('First flag of the scheduler'),
  'flag-2': flag('Second flag of the scheduler'),
  'flag-3': flag('Third flag of the scheduler'),
  'sh-port': flag('sh: the port of the client counts too'),
  'sh-fallback': flag('sh: takes another server for one that is out'),
  'mh-port': flag('mh: the port of the client counts too'),
  'mh-fallback': flag('mh: takes another server for one that is out'),
  lb_kind: applied('services.*.forward', 'How packets reach servers: NAT, DR or TUN; NAT unless given'),
  lvs_method: applied('services.*.forward', 'How packets reach servers: NAT, DR or TUN; NAT unless given'),
  persistence_engine: applied('services.*.persistence_engine', 'sip: persistence by Call-ID'),
  persistence_timeout: applied(
    'services.*.persistence_timeout',
    'Seconds that a client stays with its server; 360 for the bare keyword',
  ),
  persistence_granularity: applied(
    'services.*.persistence_granularity',
    'Netmask or prefix length of clients that stay together',
  ),
  protocol: applied('services.*.protocol', 'TCP, UDP or SCTP; UDP unless given'),
  ha_suspend: applied('services.*.ha_suspend', 'Checks only while the address is on this machine'),
  smtp_alert: applied('services.*.mail', 'Mail when the quorum is gained or lost; off unless given'),
  snmp_name: here(SNMP, 'Name of the service in SNMP'),
  omega: applied('services.*.omega', 'A stop counts as a failure of all servers'),
  quorum_up: applied('services.*.quorum_up', 'Command to run when the quorum is gained'),
  quorum_down: applied('services.*.quorum_down', 'Command to run when the quorum is lost'),
  quorum: applied('services.*.quorum', 'Weight of servers that makes the service up; 1 unless given'),
  hysteresis: applied('services.*.hysteresis', 'How far above and below the quorum it changes'),
  weight: applied(`${SERVER}.weight`, 'Weight of servers that have none of their own'),
  sorry_server: applied('services.*.sorry_server', 'Server for the time without quorum'),
  sorry_server_inhibit: applied(
    'services.*.sorry_server_inhibit',
    'It stays with weight 0 while there is a quorum',
  ),
  sorry_server_lvs_method: applied('services.*.sorry_server.forward', 'How packets reach it'),
  real_server: named(repeated(applied('services.*.servers', 'A server, by address and port')), SERVER_ROWS),
};
