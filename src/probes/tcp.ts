import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type Millis, millis } from '../base/units.ts';
import type { ProbeOutcome, ProbeResult, Verdict } from '../model/probe.ts';
import { type DestKey, destKey } from '../model/services.ts';

const FAILURES: Readonly<Record<string, readonly [ProbeResult, string]>> = {
  ECONNREFUSED: ['refused', 'connection refused'],
  ECONNRESET: ['reset', 'connection reset'],
  ETIMEDOUT: ['timeout', 'connection timed out'],
  EHOSTUNREACH: ['unreachable', 'no route to host'],
  EHOSTDOWN: ['unreachable', 'host is down'],
  ENETUNREACH: ['unreachable', 'network is unreachable'],
  ENETDOWN: ['unreachable', 'network is down'],
};

/**
 * What this machine can run out of: descriptors, memory, local ports. The server is not blamed for it, or one
 * shortage here would take every server out at the same moment.
 */
const SHORTAGES: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'EAGAIN',
]);

/**
 * A TCP_CHECK: whether a connection to `target` completes within `timeout`. Never rejects; the descriptor is closed
 * when it resolves. A connection that was made is ended with a reset, which leaves no TIME_WAIT behind.
 */
export function probeTcp(target: DestKey, timeout: Millis): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const socket = connect({ host: target.address, port: target.port });
    let outcome: ProbeOutcome | null = null;

    const decide = (verdict: Verdict, result: ProbeResult, detail: string) => {
      outcome ??= {
        verdict,
        result,
        latency: millis(performance.now() - startedAt),
        detail: `${detail} (${destKey(target)})`,
      };
    };

    // After a stall the timer runs before what waits in the socket is seen, so one poll is let pass.
    const timer = setTimeout(() => {
      setImmediate(() => {
        decide('fail', 'timeout', `no connection within ${timeout} ms`);
        socket.destroy();
      });
    }, timeout);

    socket.on('connect', () => {
      decide('pass', 'connected', 'connected');
      socket.resetAndDestroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? '';
      const [result, detail] = FAILURES[code] ?? ['error', error.message];
      decide(SHORTAGES.has(code) ? 'unknown' : 'fail', result, detail);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      decide('fail', 'error', 'closed without a reason');
      if (outcome !== null) resolve(outcome);
    });
  });
}
