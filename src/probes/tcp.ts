import type { Millis } from '../base/units.ts';
import type { TcpProbe } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import { converse, type OpenStream } from './connect.ts';

/** A TCP_CHECK: whether a connection completes within `timeout`. Never rejects; leaves no descriptor. */
export function probeTcp(config: TcpProbe, timeout: Millis, openStream: OpenStream): Promise<ProbeOutcome> {
  return converse(config, timeout, openStream, ({ socket, decide, end }) => {
    socket.on('connect', () => {
      decide('pass', 'connected', 'connected');
      end();
    });
  });
}
