import { createSocket, type Socket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { type Family, ipFamily } from '../base/ip.ts';
import type { Result } from '../base/result.ts';
import { type Millis, millis } from '../base/units.ts';
import type { ProbeSource, Reach } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import { destKey } from '../model/services.ts';
import { type Judgement, judgeSocketError } from './socket-error.ts';

/** The descriptor of a UDP socket with this end of its own; the error is the name of the system's errno. */
export type OpenDatagram = (family: Family, source: ProbeSource) => Result<number, string>;

export interface DatagramQuestion extends Reach {
  readonly payload: Uint8Array;
  /** Of the whole. */
  readonly timeout: Millis;
  /** What a datagram from the target says; null for one that is no answer. */
  readonly answered: (bytes: Uint8Array) => Judgement | null;
  /** What it says that nothing was answered or refused in time. */
  readonly silent: Judgement;
}

/** Whoever sends so many that are no answer is not waited for. */
const MOST_STRAYS = 256;

/**
 * Sends one datagram from a connected socket and judges what comes back. The kernel drops what others send; an ICMP
 * error is the target's answer. Never rejects; the descriptor is closed when it resolves.
 */
export function askByDatagram(question: DatagramQuestion, open: OpenDatagram): Promise<ProbeOutcome> {
  const { target, timeout, payload } = question;
  const startedAt = performance.now();
  const outcome = ({ detail, ...rest }: Judgement): ProbeOutcome => ({
    ...rest,
    latency: millis(performance.now() - startedAt),
    detail: `${detail} (${destKey(target)})`,
  });
  const family = ipFamily(target.address);
  const opened = open(family, question.source);
  if (!opened.ok) return Promise.resolve(outcome(judgeSocketError(opened.error, opened.error)));
  return new Promise((resolve) => {
    const socket = adopt(family, opened.value);
    let found: ProbeOutcome | null = null;
    let strays = 0;
    const decide = (judgement: Judgement) => {
      if (found !== null) return;
      const decided = outcome(judgement);
      found = decided;
      clearTimeout(timer);
      socket.close(() => resolve(decided));
    };
    const fail = (error: NodeJS.ErrnoException) => decide(judgeSocketError(error.code ?? '', error.message));

    // After a stall the timer runs before what waits in the socket is seen, so one poll is let pass.
    const timer = setTimeout(() => setImmediate(() => decide(question.silent)), timeout);

    socket.on('error', fail);
    socket.on('message', (bytes: Buffer) => {
      const judgement = question.answered(bytes);
      if (judgement !== null) decide(judgement);
      else if (++strays >= MOST_STRAYS)
        decide({ verdict: 'fail', result: 'protocol', detail: `${strays} datagrams that are no answer` });
    });
    socket.on('connect', () => {
      if (found !== null) return;
      socket.send(payload, (error) => {
        if (error !== null) fail(error);
      });
    });
    socket.connect(target.port, target.address);
  });
}

function adopt(family: Family, fd: number): Socket {
  const socket = createSocket({ type: family === 'inet' ? 'udp4' : 'udp6' });
  socket.bind({ fd });
  return socket;
}
