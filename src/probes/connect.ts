import { Socket, type SocketConstructorOpts } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type Family, ipFamily } from '../base/ip.ts';
import { ok, type Result } from '../base/result.ts';
import { type Millis, millis } from '../base/units.ts';
import type { ProbeSource, Reach } from '../model/check.ts';
import type { ProbeLayer, ProbeOutcome, ProbeResult, Verdict } from '../model/probe.ts';
import { destKey } from '../model/services.ts';
import { judgeSocketError } from './socket-error.ts';

/** The descriptor of a TCP socket with its interface and mark; the error is the name of the system's errno. */
export type OpenStream = (family: Family, source: ProbeSource) => Result<number, string>;

/** A probe under way: its connection, and the one verdict that it comes to. */
export interface Conversation {
  /** Emits `connect`, unless there is a verdict before it is to connect. Its errors and its end are looked after. */
  readonly socket: Socket;
  /** Whether there is a verdict. */
  readonly isDecided: boolean;
  /** What is waited for from now on, as in "no … within 5000 ms", and the layer that is spoken in. */
  await(what: string, layer: ProbeLayer): void;
  /** The first verdict counts. The connection stays. */
  decide(verdict: Verdict, result: ProbeResult, detail: string, code?: number | null): void;
  /** `decide` for an error of the connection; `otherwise` where its code has no result of its own. */
  decideError(error: NodeJS.ErrnoException, otherwise?: ProbeResult): void;
  /** Ends the connection with a reset, which leaves no TIME_WAIT behind. */
  end(): void;
}

/** A timer that is later than this has not been late by itself: this process stood still. */
const STALL_MS = 10;

/**
 * Connects to the target of `reach` and lets `begin` talk until it comes to a verdict, or `timeout` has passed since the
 * start. Never rejects; the descriptor is closed when it resolves. A connection without options is made by node:net
 * alone; one with an interface or a mark begins with a socket of `openStream`.
 */
export function converse(
  reach: Reach,
  timeout: Millis,
  openStream: OpenStream,
  begin: (conversation: Conversation) => void,
): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    let outcome: ProbeOutcome | null = null;
    let awaited = 'connection';
    let reached: ProbeLayer = 4;

    const decide = (verdict: Verdict, result: ProbeResult, detail: string, code: number | null = null) => {
      const latency = millis(performance.now() - startedAt);
      const where = `${detail} (${destKey(reach.target)})`;
      outcome ??= { verdict, result, latency, detail: where, code, layer: reached };
      return outcome;
    };

    const opened = openTcp(reach, openStream);
    if (!opened.ok) {
      const { verdict, result, detail } = judgeSocketError(opened.error, opened.error);
      resolve(decide(verdict, result, detail));
      return;
    }
    const socket = opened.value;

    const end = () => {
      if (socket.pending) socket.destroy();
      else socket.resetAndDestroy();
    };
    const decideError = (error: NodeJS.ErrnoException, otherwise: ProbeResult = 'error') => {
      // EPIPE is how a write hears of the reset that a read has not come to yet.
      const { verdict, result, detail } = judgeSocketError(
        error.code === 'EPIPE' ? 'ECONNRESET' : (error.code ?? ''),
        error.message,
      );
      decide(verdict, result === 'error' && verdict === 'fail' ? otherwise : result, detail);
    };

    // After a stall the timer runs before what waits in the socket is seen. So one poll is let pass, and the server
    // gets the time in which nobody listened to it, once.
    const wait = (delay: number, mayExtend: boolean): NodeJS.Timeout => {
      const dueAt = performance.now() + delay;
      return setTimeout(() => {
        setImmediate(() => {
          if (socket.destroyed) return;
          const late = performance.now() - dueAt;
          if (mayExtend && late > STALL_MS) {
            timer = wait(Math.min(late, timeout), false);
            return;
          }
          decide('fail', 'timeout', `no ${awaited} within ${timeout} ms`);
          end();
        });
      }, delay);
    };
    let timer = wait(timeout, true);

    socket.on('error', (error: NodeJS.ErrnoException) => decideError(error));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(decide('fail', 'reset', 'connection closed'));
    });
    begin({
      socket,
      get isDecided() {
        return outcome !== null;
      },
      await(what, layer) {
        awaited = what;
        reached = layer;
      },
      decide,
      decideError,
      end,
    });
    if (outcome === null) socket.connect(destination(reach));
    else socket.destroy();
  });
}

function openTcp({ target, source }: Reach, openStream: OpenStream): Result<Socket, string> {
  if (source.interface === null && source.fwmark === null) return ok(new Socket());
  const opened = openStream(ipFamily(target.address), source);
  if (!opened.ok) return opened;
  // Node 20.20: without `manualStart` it begins to read at once, which ends a socket that is not connected yet.
  return ok(new Socket({ fd: opened.value, manualStart: true } as SocketConstructorOpts));
}

function destination({ target, source }: Reach) {
  return {
    host: target.address,
    port: target.port,
    ...(source.address === null ? {} : { localAddress: source.address }),
    ...(source.port === null ? {} : { localPort: source.port }),
  };
}
