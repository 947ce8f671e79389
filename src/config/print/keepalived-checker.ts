import { type Millis, microsToMillis, millis, millisToMicros } from '../../base/units.ts';
import type {
  BodyMatch,
  CheckConfig,
  FileProbe,
  HttpProbe,
  HttpRequest,
  MiscProbe,
  Reach,
  UdpProbe,
} from '../../model/check.ts';
import type { DestKey } from '../../model/services.ts';
import { CHECK_DEFAULTS } from '../compose/check.ts';
import { nameOf, USUAL_STATUS } from '../compose/http.ts';
import { HELO, MOST_REPLY } from '../compose/probe.ts';
import { printDuration } from '../duration.ts';
import { KEEPALIVED_HEADERS } from '../keepalived/compose-checkers.ts';
import { hexText, typeOf } from './check-text.ts';
import { quote, quoteCommand, type Statement } from './keepalived-words.ts';

/** keepalived 2.2.7 counts some durations in microseconds in 32 bits, rounded down here to whole ones. */
const LONGEST_TIMEOUT = 4_294_967;

const KEYWORDS = {
  tcp: 'TCP_CHECK',
  http: 'HTTP_GET',
  https: 'SSL_GET',
  smtp: 'SMTP_CHECK',
  dns: 'DNS_CHECK',
  udp: 'UDP_CHECK',
  ping: 'PING_CHECK',
  misc: 'MISC_CHECK',
  file: 'FILE_CHECK',
  bfd: 'BFD_CHECK',
} as const;

/** Where a checker stands. */
export interface CheckerPlace {
  /** Of its server as it is written; port 0 where none is. */
  readonly key: DestKey;
  /** The delay_loop of its service. */
  readonly interval: Millis;
  readonly leave: (text: string) => void;
}

/** A checker, or null where keepalived has no words for what it is about; calls `leave` for what it cannot say. */
export function checkerStatement(check: CheckConfig, place: CheckerPlace): Statement | null {
  const asked = askedOf(check, place);
  if (asked === null) return null;
  const keyword = KEYWORDS[typeOf(check)];
  if (check.rise !== 1) place.leave(`rise ${check.rise}: one success brings a server back with keepalived`);
  const [lines, blocks] = [asked.filter(({ block }) => !block), asked.filter(({ block }) => block)];
  return { text: keyword, block: [...lines, ...timing(check, place), ...blocks] };
}

const line = (text: string): Statement => ({ text });
const when = (isSaid: boolean, text: string): readonly Statement[] => (isSaid ? [line(text)] : []);

/** The line with the word in it, or what cannot be quoted. */
function word(keyword: string, text: string, { leave }: CheckerPlace): readonly Statement[] {
  const quoted = quote(text);
  if (quoted === null) leave(`${keyword}: keepalived cannot quote it`);
  return quoted === null ? [] : [line(`${keyword} ${quoted}`)];
}

function askedOf(check: CheckConfig, place: CheckerPlace): readonly Statement[] | null {
  switch (check.type) {
    case 'tcp':
    case 'ping':
      return reach(check, place);
    case 'http':
      return [...reach(check, place), ...http(check, place)];
    case 'smtp':
      return [...reach(check, place), ...(check.helo === HELO ? [] : word('helo_name', check.helo, place))];
    case 'dns':
      return [
        ...reach(check, place),
        ...when(check.question !== 'SOA', `type ${check.question}`),
        ...(check.name === '.' ? [] : word('name', check.name, place)),
      ];
    case 'udp':
      return [...reach(check, place), ...udp(check)];
    case 'misc':
      return misc(check, place);
    case 'file':
      return file(check, place);
    case 'bfd': {
      const name = word('name', check.session, place);
      return name.length === 0 ? null : name;
    }
  }
}

const seconds = (duration: Millis): number => duration / 1000;

function timing(check: CheckConfig, { key: _, interval, leave }: CheckerPlace): readonly Statement[] {
  const usual = CHECK_DEFAULTS[typeOf(check)];
  const { type, timeout, retry } = check;
  if (type === 'file') return [];
  const alpha = when(check.alpha, 'alpha');
  if (type === 'bfd') return alpha;
  if (timeout > LONGEST_TIMEOUT) {
    const text = `timeout ${printDuration(millisToMicros(timeout))}`;
    leave(`${text}: keepalived's longest is ${LONGEST_TIMEOUT / 1000} seconds`);
  }
  const time = (keyword: string, fallback: Millis | null, value: Millis) =>
    when(value !== fallback, `${keyword} ${seconds(value)}`);
  const most = millis(Math.min(timeout, LONGEST_TIMEOUT));
  const delay = usual.delayBeforeRetry === null ? check.interval : microsToMillis(usual.delayBeforeRetry);
  return [
    ...(type === 'misc'
      ? time('misc_timeout', interval, most)
      : time('connect_timeout', usual.timeout === null ? null : microsToMillis(usual.timeout), most)),
    ...time('delay_loop', interval, check.interval),
    ...when(retry !== usual.retry, `retry ${retry}`),
    ...time('delay_before_retry', delay, check.delayBeforeRetry),
    ...time('warmup', check.interval, check.warmup),
    ...alpha,
  ];
}

function reach({ type, target, source }: CheckConfig & Reach, place: CheckerPlace): readonly Statement[] {
  const { key } = place;
  return [
    ...when(target.address !== key.address, `connect_ip ${target.address}`),
    ...when(target.port !== key.port && type !== 'ping', `connect_port ${target.port}`),
    ...when(source.address !== null, `bindto ${source.address}`),
    ...when(source.port !== null, `bind_port ${source.port}`),
    ...(source.interface === null ? [] : word('bind_if', source.interface, place)),
    ...when(source.fwmark !== null, `fwmark ${source.fwmark}`),
  ];
}

function http(check: HttpProbe, place: CheckerPlace): readonly Statement[] {
  const { tls, version, requests, fastRecovery } = check;
  const { leave } = place;
  if (tls?.verify) leave('verify: keepalived verifies no certificates');
  if (tls?.expiryWarning != null) leave('expiry_warning: keepalived looks at no certificates');
  const isNamed = tls !== null && tls.serverName !== null;
  if (isNamed && tls.serverName !== nameOf(requests))
    leave('sni: keepalived 2.2.7 tells a server its virtualhost');
  return [
    ...when(version !== '1.0', `http_protocol ${version}`),
    ...when(isNamed && tls.serverName === nameOf(requests), 'enable_sni'),
    ...when(fastRecovery, 'fast_recovery'),
    ...requests.map((request) => url(request, place)),
  ];
}

const KEEPALIVED = JSON.stringify(Object.entries(KEEPALIVED_HEADERS));

function url({ method, path, host, headers, expect }: HttpRequest, place: CheckerPlace): Statement {
  const { status, digest, body } = expect;
  if (method !== 'GET') place.leave(`method ${method}: keepalived only knows GET`);
  if (headers.length > 0 && JSON.stringify(headers) !== KEEPALIVED)
    place.leave('headers: keepalived sends none but its own');
  const isUsual = JSON.stringify(status) === JSON.stringify(USUAL_STATUS);
  const codes = status.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(' ');
  return {
    text: 'url',
    block: [
      ...word('path', path, place),
      ...(host === null ? [] : word('virtualhost', host, place)),
      ...when(!isUsual, `status_code ${codes}`),
      ...when(digest !== null, `digest ${digest}`),
      ...(body === null ? [] : regex(body, place)),
    ],
  };
}

const OPTIONS: Readonly<Record<string, string>> = { i: 'caseless', m: 'multiline', s: 'dotall', u: 'utf' };

function regex(
  { pattern, flags, isNegated, from, to }: BodyMatch,
  { leave }: CheckerPlace,
): readonly Statement[] {
  // The line of this keyword is read with escapes.
  if (/\p{Cc}|\$[\w{]|~(SEQ|LST)/u.test(pattern)) {
    leave('match: keepalived cannot quote it');
    return [];
  }
  const options = [...flags].map((flag) => OPTIONS[flag]).join(' ');
  return [
    line(`regex "${pattern.replace(/["\\]/g, '\\$&')}"`),
    ...when(isNegated, 'regex_no_match'),
    ...when(options !== '', `regex_options ${options}`),
    ...when(from !== null, `regex_min_offset ${from}`),
    ...when(to !== null, `regex_max_offset ${to}`),
  ];
}

const udp = ({ payload, reply }: UdpProbe): readonly Statement[] => [
  ...when(payload.length > 0, `payload ${hexText(payload)}`),
  ...(reply === null
    ? []
    : [
        line(`require_reply ${hexText(reply.bytes, reply.mask)}`.trimEnd()),
        ...when(reply.least !== 0, `min_reply_length ${reply.least}`),
        ...when(reply.most !== MOST_REPLY, `max_reply_length ${reply.most}`),
      ]),
];

function misc({ command, isDynamic }: MiscProbe, { leave }: CheckerPlace): readonly Statement[] | null {
  const text = quoteCommand(command.argv);
  if (text === null) {
    leave('check: keepalived cannot quote its command');
    return null;
  }
  const account = [command.user, command.group].flatMap((name) => name ?? []).join(' ');
  return [
    line(`misc_path ${text}`),
    ...when(isDynamic, 'misc_dynamic'),
    ...when(account !== '', `user ${account}`),
  ];
}

function file({ tracker, weight, isReversed }: FileProbe, place: CheckerPlace): readonly Statement[] | null {
  const name = word('track_file', tracker, place);
  if (name.length === 0) return null;
  if (weight === 0) {
    place.leave('weight 0: keepalived takes the weight of the track_file for it');
  }
  return [...name, ...when(weight !== 0, `weight ${weight}${isReversed ? ' reverse' : ''}`)];
}
