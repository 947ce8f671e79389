import type { Micros } from '../../base/units.ts';
import { parseCommandLine } from '../command-line.ts';
import { mistake, warning } from '../diagnostic.ts';
import { type CheckType, DNS_TYPES, domainName, helloName, type WrittenRequest } from '../schema/checks.ts';
import { objectName } from '../schema/scalars.ts';
import {
  type CheckFields,
  type Checking,
  host,
  into,
  REACH_READERS,
  retryReader,
  TIMING_READERS,
  timeoutReader,
  value,
} from './compose-check.ts';
import { readAccount } from './compose-command.ts';
import { isOn } from './compose-global.ts';
import { requestReader } from './compose-request.ts';
import { enterKnown, markOf, type Readers, readBlock, type Scope } from './compose-scope.ts';
import {
  argument,
  oneOf,
  readWord,
  sayAt,
  saySurplus,
  schemed,
  show,
  wholeNumber,
} from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

/** A checker of a `real_server` as it is being read. */
export interface Checker extends Checking {
  readonly type: CheckType;
  readonly requests: WrittenRequest[];
  /** Of SMTP: other places to check in place of its own. */
  readonly hosts: Checking[];
  isSniOn: boolean;
}

const CONNECTED: Readers<Checker> = { ...TIMING_READERS, ...REACH_READERS, connect_timeout: timeoutReader };

const HTTP_READERS: Readers<Checker> = {
  ...CONNECTED,
  nb_get_retry: retryReader,
  virtualhost: into('host', host),
  http_protocol: into('version', (statement, scope) => {
    const read = oneOf(['1.0', '1.0C', '1.1'], 'version of HTTP', scope);
    return value((word: Word) => read({ ...word, text: word.text.toUpperCase() }))(statement, scope);
  }),
  enable_sni: (statement, draft, scope) => {
    draft.isSniOn = isOn(statement, scope);
    draft.checkMark.inside.set('sni', markOf(scope, statement));
  },
  sni_name: into('sni', host),
  fast_recovery: into('fast_recovery', isOn),
  url: requestReader,
};

const READERS: Readonly<Record<string, readonly [CheckType, Readers<Checker>]>> = {
  TCP_CHECK: ['tcp', CONNECTED],
  HTTP_GET: ['http', HTTP_READERS],
  SSL_GET: ['https', HTTP_READERS],
  SMTP_CHECK: [
    'smtp',
    {
      ...CONNECTED,
      helo_name: into('helo', value(schemed(helloName))),
      host: (statement, draft, scope) => {
        const found: Checking = {
          check: {},
          checkMark: markOf(scope, statement),
        };
        const readers: Readers<Checking> = { ...REACH_READERS, connect_timeout: timeoutReader };
        readBlock(statement.block ?? [], enterKnown(scope, statement), readers, found);
        draft.hosts.push(found);
      },
    },
  ],
  DNS_CHECK: [
    'dns',
    {
      ...CONNECTED,
      type: into('query_type', (statement, scope) => {
        const read = oneOf(DNS_TYPES, 'type of a DNS question', scope);
        return value((word: Word) => read({ ...word, text: word.text.toUpperCase() }))(statement, scope);
      }),
      name: into('name', value(schemed(domainName))),
    },
  ],
  UDP_CHECK: [
    'udp',
    {
      ...CONNECTED,
      payload: into('payload', (statement, scope) => hexOf(statement, scope, /^[0-9a-fA-F]*$/, true)),
      require_reply: into('reply', (statement, scope) => hexOf(statement, scope, /^[0-9a-fA-FxX]*$/, false)),
      min_reply_length: into('min_reply_length', value(wholeNumber(0, 65_535))),
      max_reply_length: into('max_reply_length', value(wholeNumber(0, 65_535))),
    },
  ],
  PING_CHECK: ['ping', CONNECTED],
  MISC_CHECK: [
    'misc',
    {
      ...TIMING_READERS,
      misc_path: into(
        'command',
        value(({ text }: Word) => parseCommandLine(text)),
      ),
      misc_timeout: timeoutReader,
      misc_dynamic: into('dynamic', isOn),
      user: (statement, { check, checkMark }, scope) => {
        const account = readAccount(statement, 1, scope);
        checkMark.inside.set('user', markOf(scope, statement));
        if (account?.user) check.user = account.user;
        if (account?.group) check.group = account.group;
      },
    },
  ],
  FILE_CHECK: ['file', { track_file: into('tracker', value(schemed(objectName))), weight: readFileWeight }],
  BFD_CHECK: ['bfd', { name: into('session', value(schemed(objectName))), alpha: into('alpha', isOn) }],
};

/** The keywords of all checkers. */
export const CHECKER_KEYWORDS: readonly string[] = Object.keys(READERS);

/** Reads a checker. Null for one that keepalived leaves out, which is said. */
export function readChecker(statement: Statement, scope: Scope): Checker | null {
  const [{ text: keyword }] = statement.words;
  const [type, readers] = READERS[keyword] ?? [];
  if (type === undefined || readers === undefined) throw new Error(`nothing reads ${keyword}`);
  saySurplus(statement, scope, 1);
  const mark = markOf(scope, statement);
  const draft: Checker = { type, check: {}, checkMark: mark, requests: [], hosts: [], isSniOn: false };
  readBlock(statement.block ?? [], enterKnown(scope, statement), readers, draft);
  const needed = NEEDED[type];
  if (needed === undefined) return draft;
  const [key, lack] = needed;
  // What is there with a mistake of its own has been said.
  if (mark.inside.has(key)) return key === 'urls' || draft.check[key] !== undefined ? draft : null;
  const text = `${keyword} needs ${lack}: it is left out, as by keepalived`;
  scope.notes.say(statement.words[0], warning('entry_skipped', text), mark.path);
  return null;
}

/** What a checker cannot do without, in the words of YAML and of keepalived. */
const NEEDED: Readonly<
  Partial<Record<CheckType, readonly ['urls' | 'command' | 'tracker' | 'session', string]>>
> = {
  http: ['urls', 'a url'],
  https: ['urls', 'a url'],
  misc: ['command', 'a misc_path'],
  file: ['tracker', 'a track_file'],
  bfd: ['session', 'a name'],
};

/** REQUEST_TEMPLATE in check_http.h: people tell checks from clients by it in their logs. */
export const KEEPALIVED_HEADERS = { 'User-Agent': 'KeepAliveClient' };

/**
 * What YAML would say: one check, or one for each host of an SMTP_CHECK; `around` is what server and service say, `loop`
 * the delay_loop of the service, which bounds commands.
 */
export function finishChecker(
  checker: Checker,
  around: CheckFields,
  loop: Micros,
  tls: CheckFields,
): readonly CheckFields[] {
  const { type, check, requests, hosts, isSniOn } = checker;
  const { host: virtualhost, timeout, ...timing } = around;
  if (type === 'file') return [check];
  if (type === 'bfd') return [{ ...(timing.alpha === undefined ? {} : { alpha: timing.alpha }), ...check }];
  if (type === 'misc') return [{ ...timing, timeout: loop, ...check }];
  const all = timeout === undefined ? { ...timing, ...check } : { timeout, ...timing, ...check };
  if (type === 'smtp') return hosts.length === 0 ? [all] : hosts.map((each) => ({ ...all, ...each.check }));
  if (type !== 'http' && type !== 'https') return [all];
  const { host: own = virtualhost, sni, version = '1.0', ...rest } = all as CheckFields;
  const urls = requests.map((request) => {
    const host = request.host ?? own;
    return { ...request, ...(host === undefined ? {} : { host }), headers: KEEPALIVED_HEADERS };
  });
  const http: CheckFields = { ...rest, version, urls };
  if (type === 'http') return [http];
  return [{ ...tls, ...http, ...(sni !== undefined ? { sni } : isSniOn ? {} : { sni: false as const }) }];
}

function readFileWeight(statement: Statement, { check, checkMark }: Checker, scope: Scope): void {
  const [, number, order] = statement.words;
  checkMark.inside.set('weight', markOf(scope, statement));
  saySurplus(statement, scope, 3);
  if (number === undefined) {
    argument(statement, scope);
    return;
  }
  const given = readWord(number, statement, scope, wholeNumber(-2_147_483_647, 2_147_483_647));
  const isReversed =
    order === undefined
      ? false
      : readWord(order, statement, scope, oneOf(['reverse', 'noreverse'], 'word of a weight', scope))
          ?.value === 'reverse';
  // A weight of 0 is none to keepalived: the one of the track_file counts, with its sign.
  if (given === null || given.value === 0) return;
  check.weight = given.value;
  check.reverse = isReversed;
}

/** Hex digits behind the keyword, with or without blanks between them. */
function hexOf(statement: Statement, scope: Scope, digits: RegExp, isNeeded: boolean): string | null {
  const [keyword, ...words] = statement.words;
  const text = words.map((word) => word.text).join('');
  if (text === '' && isNeeded) {
    sayAt(scope, statement, keyword, mistake('missing_value', `"${keyword.text}" needs hex digits`));
    return null;
  }
  if (digits.test(text) && text.length % 2 === 0 && text.length <= 2800) return text;
  const [first = keyword] = words;
  sayAt(scope, statement, first, mistake('bad_value', `${show(first)} is not in hex digits, two for a byte`));
  return null;
}
