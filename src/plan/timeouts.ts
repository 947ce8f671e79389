import type { IpvsTimeouts, WantedTimeouts } from '../model/ipvs-settings.ts';

/** What a kernel begins with (tcp_timeouts in ip_vs_proto_tcp.c, udp_timeouts in ip_vs_proto_udp.c). */
export const KERNEL_TIMEOUTS: IpvsTimeouts = { tcp: 900, tcpFin: 120, udp: 300 };

const KEYS = ['tcp', 'tcpFin', 'udp'] as const;

/** What of the timeouts is to be set; null for nothing. */
export function planTimeouts(observed: IpvsTimeouts, wanted: WantedTimeouts): WantedTimeouts | null {
  const plan = each((key) => (wanted[key] === observed[key] ? null : wanted[key]));
  return KEYS.every((key) => plan[key] === null) ? null : plan;
}

/**
 * The wish with what is to be put back in place of what is not asked for any more, and what is to be put back later:
 * `former` is what there was before, as far as we have changed it. One that is as wanted already was probably set by a
 * process of ours that died: what is put back then is what kernels begin with.
 */
export function restoredTimeouts(
  wanted: WantedTimeouts,
  former: WantedTimeouts,
  observed: IpvsTimeouts,
): { readonly wanted: WantedTimeouts; readonly former: WantedTimeouts } {
  const found = (key: keyof IpvsTimeouts) =>
    observed[key] === wanted[key] ? KERNEL_TIMEOUTS[key] : observed[key];
  return {
    wanted: each((key) => wanted[key] ?? former[key]),
    former: each((key) => (wanted[key] === null ? null : (former[key] ?? found(key)))),
  };
}

const each = (value: (key: keyof IpvsTimeouts) => number | null): WantedTimeouts => ({
  tcp: value('tcp'),
  tcpFin: value('tcpFin'),
  udp: value('udp'),
});
