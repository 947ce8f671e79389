import type { WallTime } from '../base/units.ts';

/** Names that log readers may rely on: they are added to, never changed. */
export type EventName =
  | 'starting'
  | 'ready'
  | 'stopping'
  | 'stopped'
  | 'config_rejected'
  | 'config_applied'
  | 'config_warning'
  | 'process_started'
  | 'process_exited'
  | 'process_silent'
  | 'process_ordinary'
  | 'events_lost'
  | 'vrrp_state'
  | 'vrrp_sync_group'
  | 'vrrp_priority'
  | 'vrrp_interval_mismatch'
  | 'vrrp_clock_skew'
  | 'firewall_failed'
  | 'tracker_changed'
  | 'tracker_failed'
  | 'bfd_state'
  | 'address_restored'
  | 'vip_conflict'
  | 'state_unavailable'
  | 'recording_failed'
  | 'script_done'
  | 'script_failed'
  | 'notify_done'
  | 'notify_failed'
  | 'vrrp_advert_refused'
  | 'vrrp_address_list_mismatch'
  | 'vrrp_late'
  | 'takeover_withheld'
  | 'advert_path_broken'
  | 'witness_lost'
  | 'witness_unfit'
  | 'witness_regained'
  | 'gateway_lost'
  | 'gateway_regained'
  | 'heartbeat_up'
  | 'heartbeat_lost'
  | 'heartbeat_refused'
  | 'heartbeat_failed'
  | 'vrrp_send_failed'
  | 'vrrp_flood'
  | 'address_failed'
  | 'server_up'
  | 'server_down'
  | 'server_draining'
  | 'server_drained'
  | 'server_order'
  | 'server_slow_start'
  | 'quorum_gained'
  | 'quorum_lost'
  | 'checks_suspended'
  | 'checks_resumed'
  | 'check_failed'
  | 'ipvs_programmed'
  | 'ipvs_adopted'
  | 'ipvs_restored'
  | 'ipvs_drift'
  | 'ipvs_unavailable'
  | 'ipvs_op_failed'
  | 'ipvs_timeouts'
  | 'ipvs_sync'
  | 'ipvs_flushed'
  | 'xdp_attached'
  | 'xdp_detached'
  | 'netlink_overrun';

export type EventLevel = 'debug' | 'info' | 'warn' | 'error';

/** One thing that was decided, said once where it was decided. `fields` never hold a secret. */
export interface LbdEvent {
  readonly at: WallTime;
  readonly level: EventLevel;
  readonly event: EventName;
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number | bigint | boolean | null>>;
}
