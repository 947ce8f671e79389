import type { Millis } from '../base/units.ts';

/**
 * What a probe says of a server: it is well, it is not, or nothing can be said, because it was this machine that
 * lacked something.
 */
export type Verdict = 'pass' | 'fail' | 'unknown';

/** What a probe saw. */
export type ProbeResult =
  | 'connected'
  | 'refused'
  | 'timeout'
  | 'unreachable'
  | 'reset'
  /** It answered, or ended, as it should. */
  | 'ok'
  /** It answered otherwise than asked for: another status, digest, reply, exit status. */
  | 'mismatch'
  /** What it sent is not in its protocol. */
  | 'protocol'
  | 'tls'
  | 'error';

/** How far a conversation came, in the layers of OSI: the connection, TLS, what is spoken over them. */
export type ProbeLayer = 4 | 6 | 7;

export interface ProbeOutcome {
  readonly verdict: Verdict;
  readonly result: ProbeResult;
  /** From the start of the probe to its result. */
  readonly latency: Millis;
  /** The result for people, as the end of "the server is down: …". */
  readonly detail: string;
  /** The weight that the server gets from this check until it says otherwise (0–65535); null where it sets none. */
  readonly weight?: number | null;
  /** HTTP status, SMTP reply, exit status or DNS response code, where there was one. */
  readonly code?: number | null;
  /** Of a conversation over TCP. */
  readonly layer?: ProbeLayer | null;
}
