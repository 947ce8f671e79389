import type { Millis } from '../base/units.ts';
import type { UdpProbe } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import { mismatchOf } from '../wire/udp-reply.ts';
import { askByDatagram, type OpenDatagram } from './datagram.ts';
import type { Judgement } from './socket-error.ts';

/**
 * A UDP_CHECK: whether a datagram is refused, by the host or on the way to it, within `timeout`. Silence is well and so is
 * any answer, unless a reply is asked for: then the first datagram that comes back has to be that.
 */
export function probeUdp(config: UdpProbe, timeout: Millis, open: OpenDatagram): Promise<ProbeOutcome> {
  const { payload, reply } = config;
  const silent: Judgement =
    reply === null
      ? { verdict: 'pass', result: 'ok', detail: `not refused within ${timeout} ms` }
      : { verdict: 'fail', result: 'timeout', detail: `no reply within ${timeout} ms` };
  const answered = (bytes: Uint8Array): Judgement => {
    const mismatch = reply === null ? null : mismatchOf(reply, bytes);
    return mismatch === null
      ? { verdict: 'pass', result: 'ok', detail: `a reply of ${bytes.length} bytes` }
      : { verdict: 'fail', result: 'mismatch', detail: mismatch };
  };
  return askByDatagram({ ...config, payload, timeout, answered, silent }, open);
}
