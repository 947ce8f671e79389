import { type Micros, type Millis, microsToMillis } from '../base/units.ts';
import type { Reach, TcpProbe } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import { destKey } from '../model/services.ts';
import { type Judgement, judgeSocketError } from './socket-error.ts';

/**
 * Makes one connection and calls `settled` once: with null where it came about, else with the name of the system's errno,
 * `ETIMEDOUT` where `timeout` was up; and with how long that took.
 */
export type ConnectTcp = (
  reach: Reach,
  timeout: Millis,
  settled: (error: string | null, took: Micros) => void,
) => void;

/** A TCP_CHECK: whether a connection completes within `timeout`. Never rejects. */
export function probeTcp(config: TcpProbe, timeout: Millis, connect: ConnectTcp): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    connect(config, timeout, (error, took) => {
      const { verdict, result, detail } = judge(error, timeout);
      // Of a template V8 keeps the pieces, which are three times as much, and 10,000 servers have such a text each.
      const where = [detail, ' (', destKey(config.target), ')'].join('');
      resolve({ verdict, result, latency: microsToMillis(took), detail: where, layer: 4 });
    });
  });
}

function judge(error: string | null, timeout: Millis): Judgement {
  if (error === null) return { verdict: 'pass', result: 'connected', detail: 'connected' };
  if (error === 'ETIMEDOUT')
    return { verdict: 'fail', result: 'timeout', detail: `no connection within ${timeout} ms` };
  return judgeSocketError(error, error);
}
