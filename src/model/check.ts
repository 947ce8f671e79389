import type { Ip } from '../base/ip.ts';
import type { Millis } from '../base/units.ts';
import type { ScriptCommand } from './script.ts';
import { type DestKey, destKey } from './services.ts';
import type { TrackerHealth } from './tracking.ts';

/** One check of a real server: when it is made, and what it asks. A server is well while all of its checks are. */
export type CheckConfig = CheckTiming & ProbeConfig;

/** When a check is made, and how many results it takes to believe it. */
export interface CheckTiming {
  /** From the end of one check to the start of the next, while nothing is amiss (delay_loop). */
  readonly interval: Millis;
  /** The whole of one probe, from its first packet to its verdict (connect_timeout, misc_timeout). */
  readonly timeout: Millis;
  /** Failures tolerated before the server is taken out: `retry + 1` in a row remove it. */
  readonly retry: number;
  /** From one failure to the next try. */
  readonly delayBeforeRetry: Millis;
  /** Successes in a row that put a server in again; 1 as with keepalived. */
  readonly rise: number;
  /** The first check comes after 1 s plus a random part of this, so that checks spread out. */
  readonly warmup: Millis;
  /** The server is out until its first success. */
  readonly alpha: boolean;
}

export type ProbeConfig =
  | TcpProbe
  | HttpProbe
  | SmtpProbe
  | DnsProbe
  | UdpProbe
  | PingProbe
  | MiscProbe
  | FileProbe
  | BfdProbe;

export type ProbeKind = ProbeConfig['type'];

/** Where a probe goes, and what it is sent from. */
export interface Reach {
  /** The server's own address and port unless the file says otherwise. */
  readonly target: DestKey;
  readonly source: ProbeSource;
}

/** Own end of a probe; null leaves it to the kernel. */
export interface ProbeSource {
  /** bindto */
  readonly address: Ip | null;
  /** bind_port */
  readonly port: number | null;
  /** bind_if */
  readonly interface: string | null;
  /** SO_MARK, 1–4294967295. */
  readonly fwmark: number | null;
}

/** TCP_CHECK: a connection completes. */
export interface TcpProbe extends Reach {
  readonly type: 'tcp';
}

/** HTTP_GET and SSL_GET: every request is answered as expected. */
export interface HttpProbe extends Reach {
  readonly type: 'http';
  readonly tls: TlsConfig | null;
  /** `1.0C` is 1.0 with `Connection: close`. */
  readonly version: '1.0' | '1.0C' | '1.1';
  /** At least one. */
  readonly requests: readonly HttpRequest[];
  /** After a failure all requests are made at once; otherwise one a turn. */
  readonly fastRecovery: boolean;
}

export interface TlsConfig {
  /** Name for SNI; null for none. */
  readonly serverName: string | null;
  /** Whether the certificate has to be valid for `serverName`, or for the address without one. */
  readonly verify: boolean;
  /** PEM files; null for the system's authorities, for no client certificate. */
  readonly ca: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  /** A certificate that ends sooner is warned of; null for never. */
  readonly expiryWarning: Millis | null;
}

export interface HttpRequest {
  /** GET unless the file says otherwise. */
  readonly method: string;
  readonly path: string;
  /** Host; null for the address and port of the target. */
  readonly host: string | null;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly expect: HttpExpectation;
}

export interface HttpExpectation {
  /** Inclusive ranges, 100–599. */
  readonly status: readonly (readonly [from: number, to: number])[];
  /** MD5 of the body, 32 hex digits in lower case. */
  readonly digest: string | null;
  readonly body: BodyMatch | null;
}

export interface BodyMatch {
  /** A regular expression that is matched in time linear to the body. */
  readonly pattern: string;
  /** Its flags, of `i`, `m`, `s`, `u`. */
  readonly flags: string;
  /** The body must not match. */
  readonly isNegated: boolean;
  /** Where a match may begin, in bytes; null for anywhere. */
  readonly from: number | null;
  readonly to: number | null;
}

/** SMTP_CHECK: 220, HELO, 250, QUIT. */
export interface SmtpProbe extends Reach {
  readonly type: 'smtp';
  readonly helo: string;
}

export type DnsType = 'A' | 'AAAA' | 'CNAME' | 'DNSKEY' | 'MX' | 'NS' | 'RRSIG' | 'SOA' | 'TXT';

/** DNS_CHECK: an answer over UDP without an error. */
export interface DnsProbe extends Reach {
  readonly type: 'dns';
  readonly question: DnsType;
  /** `.` for the root. */
  readonly name: string;
}

/** UDP_CHECK: the datagram is not refused, or answered as expected. */
export interface UdpProbe extends Reach {
  readonly type: 'udp';
  readonly payload: Uint8Array;
  /** What has to be answered; null where silence is well. */
  readonly reply: UdpReply | null;
}

export interface UdpReply {
  /** Bytes and masks from the beginning of an answer; empty for any. */
  readonly bytes: Uint8Array;
  readonly mask: Uint8Array;
  /** Bytes, inclusive. */
  readonly least: number;
  readonly most: number;
}

/** PING_CHECK: an ICMP echo is answered. Of `target` only the address counts. */
export interface PingProbe extends Reach {
  readonly type: 'ping';
}

/** MISC_CHECK: a command exits with 0. */
export interface MiscProbe {
  readonly type: 'misc';
  readonly command: ScriptCommand;
  /** An exit status of 2–255 is well too, and sets the weight to itself less 2. */
  readonly isDynamic: boolean;
}

/** FILE_CHECK: a tracked file changes the weight, or takes the server out, as trackers do for VRRP. */
export interface FileProbe {
  readonly type: 'file';
  /** Name of the tracker. */
  readonly tracker: string;
  readonly weight: number;
  readonly isReversed: boolean;
}

/** BFD_CHECK: a session is up. */
export interface BfdProbe {
  readonly type: 'bfd';
  /** Name of the session. */
  readonly session: string;
}

/** What a check asks, for people: `10.0.0.1:80`, `https://10.0.0.1:443`, the name of a tracker or session, a program. */
export function subjectOf(check: ProbeConfig): string {
  switch (check.type) {
    case 'misc':
      return check.command.argv[0];
    case 'file':
      return check.tracker;
    case 'bfd':
      return check.session;
    case 'ping':
      return check.target.address;
    case 'http':
      return `${check.tls === null ? '' : 'https://'}${destKey(check.target)}`;
    default:
      return destKey(check.target);
  }
}

/** What core knows of the things that the check process follows, by their names. */
export interface FollowedStates {
  /** The number in each tracked file; 0 for a missing or empty one. */
  readonly files: Readonly<Record<string, number>>;
  readonly bfd: Readonly<Record<string, TrackerHealth>>;
  /** The VRRP instances that are masters. */
  readonly masters: readonly string[];
}

export const NOTHING_FOLLOWED: FollowedStates = { files: {}, bfd: {}, masters: [] };
