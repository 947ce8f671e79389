/** `error`: it does not work, or will not when it has to. `warning`: it may. `hint`: nothing is wrong, but good to know. */
export type Severity = 'error' | 'warning' | 'hint';

/** Everything that `lbctl doctor` can find, by what scripts may rely on. */
export const FINDINGS = [
  'config_refused',
  'config_warned',
  'host_mismatch',
  'not_running',
  'process_problem',
  'reload_refused',
  'state_directory',
  'instance_fault',
  'adverts_unsent',
  'takeover_withheld',
  'second_master',
  'adverts_refused',
  'heartbeat_down',
  'ipvs_missing',
  'scheduler_missing',
  'xdp_kernel',
  'xdp_types',
  'xdp_filesystem',
  'xdp_partial_checksums',
  'xdp_vlan_offload',
  'xdp_way_out',
  'foreign_services',
  'forwarding_off',
  'nat_return_route',
  'send_redirects',
  'conn_reuse_mode',
  'expire_nodest_conn',
  'expire_quiescent_template',
  'run_estimation',
  'firewall_vrrp',
  'firewall_forward',
  'no_carrier',
  'dr_not_on_link',
  'tunnel_mtu',
  'tunnel_source',
  'check_source',
  'rp_filter_strict',
  'vip_outside_lbd',
  'vip_elsewhere',
  'real_server_answers_arp',
  'clock_unsynchronised',
  'rival_runs',
  'rival_enabled',
  'vip_missing',
  'vip_prefix',
  'vip_on_segment',
  'link_down',
  'arp_ignore',
  'arp_announce',
  'ndp_proxy',
  'not_persistent',
] as const;
export type FindingCode = (typeof FINDINGS)[number];

/** Something that stops a set-up from working, or may. */
export interface Finding {
  readonly severity: Severity;
  readonly code: FindingCode;
  /** A sentence without its stop. */
  readonly text: string;
  /**
   * A command that can be run as it stands, what is to be said besides as a comment; or what to do, where that is no
   * command of this machine. Null where the sentence says it.
   */
  readonly fix: string | null;
  /** What was seen, a line each. */
  readonly evidence: readonly string[];
}

/** What was found, what was looked at, and what was not, with the reason. */
export interface Diagnosis {
  readonly findings: readonly Finding[];
  readonly looked: readonly string[];
  readonly missed: readonly { readonly what: string; readonly because: string }[];
}
