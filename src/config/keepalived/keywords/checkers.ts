import { applied, block, here, old, type Row, type Rows } from './row.ts';

const CHECK = 'services.*.servers.*.check';
/** Why a keyword has no effect, where several share the reason. */
const TLS_END = 'an answer that is whole counts, however TLS ends';
const PORTLESS = 'a ping has no ports';
const at = (key: string, doc: string): Row => applied(`${CHECK}.${key}`, doc);

/** What a check says of its connection. */
const REACH_ROWS: Rows = {
  connect_ip: at('connect_ip', "Where to connect; the server's address unless given"),
  connect_port: at('connect_port', "Where to connect; the server's port unless given"),
  bindto: at('bind_ip', 'Own address of the connection'),
  bind_port: at('bind_port', 'Own port of the connection'),
  bind_if: at('bind_if', 'Own interface of the connection'),
  connect_timeout: at('timeout', 'Seconds that a check may take; 5 unless given'),
  fwmark: at('fwmark', 'Mark of the packets of the check'),
};

/** And of when it is made. */
const TIMING_ROWS: Rows = {
  retry: at(
    'retry',
    'Failures tolerated before the server is taken out; 1 unless given, 3 for DNS, 0 for MISC',
  ),
  delay_before_retry: at(
    'delay_before_retry',
    'Seconds before a retry; 1 unless given, 3 for HTTP, delay_loop for DNS',
  ),
  warmup: at('warmup', 'Seconds over which first checks are spread; delay_loop unless given'),
  delay_loop: at('interval', 'Seconds from one check to the next; 60 unless given'),
  alpha: at('alpha', 'The server is out until its first success'),
  log_all_failures: here('lbd logs every failure at the level debug', 'Logs every failure'),
};

const COMMON_ROWS: Rows = { ...REACH_ROWS, ...TIMING_ROWS };

const URL_ROWS: Rows = {
  path: at('path', 'Path to ask for'),
  digest: at('digest', 'MD5 of the answer'),
  status_code: at('status', 'Status codes that mean well; 200 to 299 unless given'),
  virtualhost: at('host', 'Host to ask for'),
  regex: at('match', 'What the answer must match'),
  regex_no_match: at('no_match', 'The answer must not match'),
  regex_options: at('match_flags', 'How the expression is read, in the words of PCRE2'),
  regex_min_offset: at('match_from', 'Where a match may begin at the earliest'),
  regex_max_offset: at('match_to', 'Where a match may begin at the latest'),
  regex_stack: here('expressions are matched without a stack', 'Size of the stack for matching'),
  tls_compliant: here(TLS_END, 'Wants TLS to be ended as the RFC says'),
};

const HTTP_ROWS: Rows = {
  ...COMMON_ROWS,
  nb_get_retry: old(at('retry', 'Failures tolerated before the server is taken out')),
  virtualhost: at('host', 'Host to ask for'),
  http_protocol: at('version', 'Version of HTTP: 1.0, 1.0C or 1.1; 1.0 unless given'),
  enable_sni: at('sni', 'Tells the server the host in TLS'),
  sni_name: at('sni', 'Host to tell the server in TLS'),
  fast_recovery: at('fast_recovery', 'Asks for all URLs at once after a failure'),
  tls_compliant: here(TLS_END, 'Wants TLS to be ended as the RFC says'),
  url: block(at('urls', 'What to ask for, and what to expect'), URL_ROWS),
};

const checker = (doc: string, rows: Rows): Row => block(applied(CHECK, doc), rows);

export const CHECKER_ROWS: Rows = {
  TCP_CHECK: checker('The server is well when a connection completes', COMMON_ROWS),
  HTTP_GET: checker('The server is well when it answers as expected over HTTP', HTTP_ROWS),
  SSL_GET: checker('The server is well when it answers as expected over HTTPS', HTTP_ROWS),
  SMTP_CHECK: checker('The server is well when it greets as a mail server', {
    ...COMMON_ROWS,
    helo_name: at('helo', 'Name to greet it with'),
    host: old(block(applied(CHECK, 'Another place to check'), REACH_ROWS)),
  }),
  DNS_CHECK: checker('The server is well when it answers a DNS question', {
    ...COMMON_ROWS,
    type: at('query_type', 'Type of the question; SOA unless given'),
    name: at('name', 'Name to ask for; the root unless given'),
  }),
  MISC_CHECK: checker('The server is well when a command exits with 0', {
    ...TIMING_ROWS,
    misc_path: at('command', 'The command'),
    misc_timeout: at('timeout', 'Seconds that it may take; delay_loop unless given'),
    misc_dynamic: at('dynamic', 'The exit status sets the weight'),
    user: at('user', 'Who runs it'),
  }),
  UDP_CHECK: checker('The server is well unless a datagram is refused', {
    ...COMMON_ROWS,
    payload: at('payload', 'What to send, in hex'),
    require_reply: at('reply', 'The answer that must come, in hex'),
    min_reply_length: at('min_reply_length', 'Least bytes of an answer'),
    max_reply_length: at('max_reply_length', 'Most bytes of an answer'),
  }),
  PING_CHECK: checker('The server is well when it answers a ping', {
    ...COMMON_ROWS,
    connect_port: here(PORTLESS, 'Where to connect'),
    bind_port: here(PORTLESS, 'Own port of the connection'),
  }),
  FILE_CHECK: checker('A file changes the weight of the server, or takes it out', {
    track_file: at('tracker', 'The track_file'),
    weight: at('weight', 'What its number is multiplied with'),
  }),
  BFD_CHECK: checker('The server is well while a BFD session is up', {
    name: at('session', 'The bfd_instance'),
    alpha: at('alpha', 'The server is out until its first success'),
  }),
};
