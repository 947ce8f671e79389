import { z } from 'zod';
import { dnsLabels } from '../../base/dns-name.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { micros, seconds } from '../../base/units.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { accountName, commandWords } from './commands.ts';
import {
  deviceName,
  duration,
  hostAddress,
  MILLISECOND,
  objectName,
  parsed,
  wholeNumber,
} from './scalars.ts';
import { filePath } from './trackers.ts';

/** The kinds of checks, in the words of the file. */
export const CHECK_TYPES = [
  'tcp',
  'http',
  'https',
  'smtp',
  'dns',
  'udp',
  'ping',
  'misc',
  'file',
  'bfd',
] as const;
export type CheckType = (typeof CHECK_TYPES)[number];

export const DNS_TYPES = ['A', 'AAAA', 'CNAME', 'DNSKEY', 'MX', 'NS', 'RRSIG', 'SOA', 'TXT'] as const;

const port = wholeNumber(1, 65_535);
const TIMING_KEYS = {
  interval: duration({ least: MILLISECOND, step: MILLISECOND })
    .optional()
    .describe("From one check to the next, keepalived's delay_loop; 60s unless given"),
  timeout: duration({ least: MILLISECOND, step: MILLISECOND })
    .optional()
    .describe('How long one check may take in all; 5s unless given, the interval for misc'),
  retry: wholeNumber(0, 1000)
    .optional()
    .describe('Failures tolerated before the server is taken out; 1 unless given, 3 for dns, 0 for misc'),
  rise: wholeNumber(1, 1000)
    .optional()
    .describe('Successes in a row that bring the server back; 1 unless given'),
  delay_before_retry: duration({ least: micros(0), step: MILLISECOND })
    .optional()
    .describe('Pause before a retry; 1s unless given, 3s for http and https, the interval for dns'),
  warmup: duration({ least: micros(0), step: MILLISECOND })
    .optional()
    .describe('First checks are spread over this time; the interval unless given'),
  alpha: z.boolean().optional().describe('The server is out until its first success; false unless given'),
};

const REACH_KEYS = {
  connect_ip: hostAddress.optional().describe("Where to ask; the server's address unless given"),
  connect_port: port.optional().describe("Where to ask; the server's port unless given"),
  bind_ip: hostAddress.optional().describe('Own address of the check; the kernel chooses one unless given'),
  bind_port: port.optional().describe('Own port of the check; the kernel chooses one unless given'),
  bind_if: deviceName.optional().describe('Interface that the check leaves by; as routed unless given'),
  fwmark: wholeNumber(1, 4_294_967_295).optional().describe('Mark of the packets of the check (SO_MARK)'),
};

/** RFC 9110 §5.6.2. */
const token = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/, 'letters, digits and no blanks are expected');
/** What stands in one line of a request. */
const line = z
  .string()
  .regex(/^[^\p{Cc}]{0,4096}$/u, 'this has a control character, or more than 4096 characters');
export const hostLine = z
  .string()
  .regex(/^[^\s\p{Cc}/]{1,255}$/u, 'a host has 1 to 255 characters without blanks and /')
  .meta({ title: 'the name of a host, or its address' });
/** RFC 5321 §2.3.5; what would break out of its line is no name. */
export const helloName = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'a name to greet with has 1 to 255 characters of ASCII without blanks');
export const domainName = parsed(
  z.string().meta({ title: 'a domain name, or . for the root' }),
  (text): Result<string, Problem> =>
    /^[!-~]+$/.test(text) && dnsLabels(text) !== null
      ? ok(text)
      : err(mistake('bad_value', 'a domain name has labels of 1 to 63 characters of ASCII, and 253 in all')),
);
const offset = wholeNumber(0, 2_147_483_647);

const REQUEST_KEYS = {
  path: z
    .string()
    .regex(/^[/*][^\s\p{Cc}]{0,4095}$/u, 'a path begins with / and has no blanks')
    .optional()
    .describe('http: what to ask for; / unless given'),
  host: hostLine.optional().describe('http: Host to ask for; the address and port unless given'),
  method: token.optional().describe('http: GET unless given'),
  headers: z.record(token, line).optional().describe('http: further headers, by their names'),
  status: parsed(
    z
      .union([z.array(z.union([z.int(), z.string()])), z.int(), z.string()])
      .meta({ title: 'status codes and ranges: 200, or [200, 301-302]' }),
    parseStatus,
  )
    .optional()
    .describe('http: status codes that mean well; 200-299 unless given'),
  digest: z
    .string()
    .regex(/^[0-9a-fA-F]{32}$/, 'an MD5 digest has 32 hex digits')
    .optional()
    .describe('http: MD5 of the body; one of more than 4 MiB fails'),
  match: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe('http: regular expression that the body must match; a body of more than 4 MiB fails'),
  no_match: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe('http: regular expression that the body must not match'),
  match_flags: z
    .string()
    .regex(/^(?!.*(.).*\1)[imsu]*$/, 'flags are i, m, s and u, each once at most')
    .optional()
    .describe('http: flags of the expression: i, m, s, u'),
  match_from: offset.optional().describe('http: where a match may begin at the earliest, in bytes'),
  match_to: offset.optional().describe('http: where a match may begin at the latest, in bytes'),
};
const requestSchema = z.strictObject(REQUEST_KEYS);
export type WrittenRequest = z.output<typeof requestSchema>;
/** The keys of one request, which stand in the check itself where it makes only one. */
export const REQUEST_WORDS = Object.keys(REQUEST_KEYS) as readonly (keyof WrittenRequest)[];

const HTTP_KEYS = {
  urls: z
    .array(requestSchema)
    .min(1, 'a list of requests has at least one')
    .optional()
    .describe('http: several requests, one a turn'),
  version: parsed(
    z.union([z.enum(['1.0', '1.0C', '1.1']), z.literal([1, 1.1])]),
    (written): Result<'1.0' | '1.0C' | '1.1', Problem> =>
      ok(written === 1 ? '1.0' : written === 1.1 ? '1.1' : written),
  )
    .optional()
    .describe('http: version to speak; 1.0C is 1.0 with "Connection: close"; 1.1 unless given'),
  fast_recovery: z
    .boolean()
    .optional()
    .describe('http: a server that is down is asked for all urls at once; false unless given'),
};

const TLS_KEYS = {
  sni: z
    .union([z.literal(false), hostLine])
    .optional()
    .describe('https: name for TLS, false for none; the host unless given'),
  verify: z
    .boolean()
    .optional()
    .describe('https: the certificate has to be valid for that name, or for the address; false unless given'),
  ca: filePath.optional().describe("https: authorities (PEM) to believe; the system's unless given"),
  certificate: filePath.optional().describe('https: own certificate (PEM), for servers that want one'),
  key: filePath.optional().describe('https: its key (PEM)'),
  expiry_warning: duration({ least: seconds(1), most: seconds(3650 * 86_400), step: MILLISECOND })
    .optional()
    .describe('https: a certificate that ends sooner is warned of'),
};

/** Hex digits, two for a byte, with blanks between bytes. */
const hexBytes = (pattern: RegExp, text: string) => z.string().regex(pattern, text);

const OTHER_KEYS = {
  helo: helloName
    .optional()
    .describe('smtp: name to greet the server with; smtpchecker.keepalived.org unless given'),
  query_type: z.enum(DNS_TYPES).optional().describe('dns: type of the question; SOA unless given'),
  name: domainName.optional().describe('dns: name to ask for; the root unless given'),
  payload: hexBytes(
    /^(\s*[0-9a-fA-F]{2}){0,1400}\s*$/,
    'a payload is hex digits, two for each of at most 1400 bytes',
  )
    .optional()
    .describe('udp: what to send, in hex; empty unless given'),
  reply: hexBytes(
    /^(\s*[0-9a-fA-FxX]{2}){0,1400}\s*$/,
    'a reply is hex digits or X for any, two for each of at most 1400 bytes',
  )
    .optional()
    .describe(
      'udp: how an answer has to begin, in hex with X for any digit, empty for any; none is needed unless given',
    ),
  min_reply_length: wholeNumber(0, 65_535)
    .optional()
    .describe('udp: least bytes of an answer; 0 unless given'),
  max_reply_length: wholeNumber(0, 65_535)
    .optional()
    .describe('udp: most bytes of an answer; 255 unless given'),
  command: commandWords.optional().describe('misc: command whose exit status 0 means well'),
  user: accountName.optional().describe('misc: who runs it; script_user unless given'),
  group: accountName.optional().describe("misc: the user's own group unless given"),
  dynamic: z
    .boolean()
    .optional()
    .describe(
      'misc: an exit status of 2 to 255 means well too and sets the weight, to itself less 2; false unless given',
    ),
  tracker: objectName.optional().describe('file: one of track_files'),
  weight: wholeNumber(-2_147_483_647, 2_147_483_647)
    .optional()
    .describe(
      "file: the number times this is added to the weight; 0 takes the server out; the tracker's unless given",
    ),
  reverse: z
    .boolean()
    .optional()
    .describe('file: good and bad change places; as the tracker says unless given'),
  session: objectName.optional().describe('bfd: one of bfd, which has to be up'),
};

/** One check. Every field may be left to the service's check of the same type, and then to defaults by type. */
export const checkSchema = z.strictObject({
  type: z
    .enum(CHECK_TYPES)
    .describe(
      'tcp: a connection completes; http, https: an answer is as expected; smtp, dns: the server answers; udp: it does not refuse; ping: an echo; misc: a command; file: a number; bfd: a session',
    ),
  ...TIMING_KEYS,
  ...REACH_KEYS,
  ...REQUEST_KEYS,
  ...HTTP_KEYS,
  ...TLS_KEYS,
  ...OTHER_KEYS,
});
export type WrittenCheck = z.output<typeof checkSchema>;
export type CheckKey = keyof WrittenCheck;

/** One check, or several that all have to be well. */
export const checksSchema = z.union([checkSchema, z.array(checkSchema)]);
export type WrittenChecks = z.output<typeof checksSchema>;

const TIMING = Object.keys(TIMING_KEYS) as readonly CheckKey[];
const REACH = [...TIMING, ...(Object.keys(REACH_KEYS) as readonly CheckKey[])];
const HTTP = [...REACH, ...REQUEST_WORDS, ...(Object.keys(HTTP_KEYS) as readonly CheckKey[])];

/** The keys that each type has, besides its own. */
export const KEYS_OF: Readonly<Record<CheckType, ReadonlySet<CheckKey>>> = {
  tcp: new Set(REACH),
  http: new Set(HTTP),
  https: new Set([...HTTP, ...(Object.keys(TLS_KEYS) as readonly CheckKey[])]),
  smtp: new Set([...REACH, 'helo']),
  dns: new Set([...REACH, 'query_type', 'name']),
  udp: new Set([...REACH, 'payload', 'reply', 'min_reply_length', 'max_reply_length']),
  ping: new Set(REACH.filter((key) => key !== 'connect_port' && key !== 'bind_port')),
  misc: new Set([...TIMING, 'command', 'user', 'group', 'dynamic']),
  file: new Set(['tracker', 'weight', 'reverse']),
  bfd: new Set(['alpha', 'session']),
};

type Range = readonly [from: number, to: number];

export function parseStatus(
  written: readonly (number | string)[] | number | string,
): Result<readonly Range[], Problem> {
  const ranges: Range[] = [];
  const bad: string[] = [];
  for (const entry of Array.isArray(written) ? written : [written]) {
    const [, from, to = from] = /^(\d{3})(?:\s*-\s*(\d{3}))?$/.exec(String(entry)) ?? [];
    const range: Range = [Number(from), Number(to)];
    if (from === undefined || range[0] < 100 || range[1] > 599 || range[0] > range[1]) {
      bad.push(`"${entry}"`);
    } else ranges.push(range);
  }
  if (bad.length > 0) {
    const are = bad.length === 1 ? 'is no status code or range' : 'are no status codes or ranges';
    return err(mistake('bad_value', `${bad.join(', ')} ${are} from 100 to 599, such as 200 or 300-302`));
  }
  return ranges.length === 0 ? err(mistake('bad_value', 'this allows no status code at all')) : ok(ranges);
}
