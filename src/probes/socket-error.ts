import type { ProbeOutcome, ProbeResult } from '../model/probe.ts';

/** An outcome whose time has not been taken yet. */
export type Judgement = Omit<ProbeOutcome, 'latency'>;

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
 * What this machine can run out of, or lack: descriptors, memory, local ports, the address or interface to send from, the
 * right to send. The server is not blamed for it, or one shortage here would take every server out at the same moment.
 */
const SHORTAGES: Readonly<Record<string, string>> = {
  EMFILE: 'no descriptors left here (EMFILE)',
  ENFILE: 'no descriptors left on this machine (ENFILE)',
  ENOBUFS: 'no buffers left here (ENOBUFS)',
  ENOMEM: 'no memory left here (ENOMEM)',
  EADDRNOTAVAIL: 'no such address, or no port left, to send from (EADDRNOTAVAIL)',
  EADDRINUSE: 'the port to send from is in use (EADDRINUSE)',
  EAGAIN: 'this machine is short of something (EAGAIN)',
  ENODEV: 'no such interface here (ENODEV)',
  EPERM: 'not permitted here (EPERM)',
};

/** What an error of a socket says of the server: the name of its errno, and its text for those without words of ours. */
export function judgeSocketError(code: string, text: string): Judgement {
  const shortage = SHORTAGES[code];
  if (shortage !== undefined) return { verdict: 'unknown', result: 'error', detail: shortage };
  const [result, detail] = FAILURES[code] ?? ['error', text];
  return { verdict: 'fail', result, detail };
}
