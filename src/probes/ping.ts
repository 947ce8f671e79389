import { performance } from 'node:perf_hooks';
import { type Ip, ipFamily } from '../base/ip.ts';
import type { Result } from '../base/result.ts';
import { type Millis, millis } from '../base/units.ts';
import type { PingProbe, ProbeSource } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import { type IcmpAnswer, printUnreachable } from '../wire/icmp.ts';
import { type Judgement, judgeSocketError } from './socket-error.ts';

/**
 * Sends an echo request and calls `heard` at most once, with what came back for it. What it gives ends the wait; the error
 * is the name of the system's errno.
 */
export type Ping = (
  to: Ip,
  source: ProbeSource,
  heard: (answer: IcmpAnswer) => void,
) => Result<() => void, string>;

/**
 * A PING_CHECK: whether an echo request is answered within `timeout`. A router that says there is no way ends it sooner.
 * Never rejects. Port and mark of the source mean nothing here.
 */
export function probePing(config: PingProbe, timeout: Millis, ping: Ping): Promise<ProbeOutcome> {
  const { address } = config.target;
  const startedAt = performance.now();
  const outcome = ({ detail, ...rest }: Judgement): ProbeOutcome => ({
    ...rest,
    latency: millis(performance.now() - startedAt),
    detail: `${detail} (${address})`,
  });
  return new Promise((resolve) => {
    const end = (judgement: Judgement) => {
      clearTimeout(timer);
      resolve(outcome(judgement));
    };
    const sent = ping(address, config.source, (answer) =>
      end(
        answer.kind === 'reply'
          ? { verdict: 'pass', result: 'ok', detail: 'echo reply' }
          : { verdict: 'fail', result: 'unreachable', detail: unreachable(address, answer.code) },
      ),
    );
    // After a stall the timer runs before what waits in the socket is seen, so one poll is let pass.
    const timer = setTimeout(() => {
      setImmediate(() => {
        if (sent.ok) sent.value();
        end({ verdict: 'fail', result: 'timeout', detail: `no echo reply within ${timeout} ms` });
      });
    }, timeout);
    if (!sent.ok) end(judgeSocketError(sent.error, sent.error));
  });
}

const unreachable = (address: Ip, code: number): string => printUnreachable(ipFamily(address), code);
