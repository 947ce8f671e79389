import { BFD, CHECKER, SCRIPTS } from './reasons.ts';
import { applied, block, old, type Row, type Rows, repeated, yet } from './row.ts';

const CHECK = 'services.*.servers.*.check';

/** What a kind of check without effect yet may say of its connection, if it makes one. */
const CONNECTION_ROWS: Rows = {
  connect_ip: yet(CHECKER, "Where to connect; the server's address unless given"),
  connect_port: yet(CHECKER, "Where to connect; the server's port unless given"),
  bindto: yet(CHECKER, 'Own address of the connection'),
  bind_port: yet(CHECKER, 'Own port of the connection'),
  bind_if: yet(CHECKER, 'Own interface of the connection'),
  connect_timeout: yet(CHECKER, 'Seconds that a check may take'),
  fwmark: yet(CHECKER, 'Mark of the packets of the check'),
};

/** And of when it is made. */
const TIMING_ROWS: Rows = {
  retry: yet(CHECKER, 'Failures tolerated before the server is taken out'),
  delay_before_retry: yet(CHECKER, 'Seconds before a retry'),
  warmup: yet(CHECKER, 'Seconds over which first checks are spread'),
  delay_loop: yet(CHECKER, 'Seconds from one check to the next'),
  alpha: yet(CHECKER, 'The server is out until its first success'),
  log_all_failures: yet(CHECKER, 'Logs every failure'),
};

const COMMON_ROWS: Rows = { ...CONNECTION_ROWS, ...TIMING_ROWS };

const TCP_ROWS: Rows = {
  connect_ip: applied(`${CHECK}.connect_ip`, "Where to connect; the server's address unless given"),
  connect_port: applied(`${CHECK}.connect_port`, "Where to connect; the server's port unless given"),
  bindto: yet('the kernel chooses the address', 'Own address of the connection'),
  bind_port: yet('the kernel chooses the port', 'Own port of the connection'),
  bind_if: yet('the kernel chooses the interface', 'Own interface of the connection'),
  connect_timeout: applied(`${CHECK}.timeout`, 'Seconds that a check may take; 5 unless given'),
  fwmark: yet('checks carry no mark', 'Mark of the packets of the check'),
  retry: applied(`${CHECK}.retry`, 'Failures tolerated before the server is taken out; 1 unless given'),
  delay_before_retry: applied(`${CHECK}.delay_before_retry`, 'Seconds before a retry; 1 unless given'),
  warmup: applied(`${CHECK}.warmup`, 'Seconds over which first checks are spread; delay_loop unless given'),
  delay_loop: applied(`${CHECK}.interval`, 'Seconds from one check to the next; 60 unless given'),
  alpha: yet('servers are in before their first check', 'The server is out until its first success'),
  log_all_failures: yet('lbd logs changes of state', 'Logs every failure'),
};

const URL_ROWS: Rows = {
  path: yet(CHECKER, 'Path to ask for'),
  digest: yet(CHECKER, 'MD5 of the answer'),
  status_code: yet(CHECKER, 'Status codes that mean well; 200 to 299 unless given'),
  virtualhost: yet(CHECKER, 'Host to ask for'),
  regex: yet(CHECKER, 'What the answer must match'),
  regex_no_match: yet(CHECKER, 'What the answer must not match'),
  regex_options: yet(CHECKER, 'How the expression is read, in the words of PCRE2'),
  regex_min_offset: yet(CHECKER, 'Where a match may begin at the earliest'),
  regex_max_offset: yet(CHECKER, 'Where a match may begin at the latest'),
  regex_stack: yet(CHECKER, 'Size of the stack for matching'),
  tls_compliant: yet(CHECKER, 'Wants TLS to be ended as the RFC says'),
};

const HTTP_ROWS: Rows = {
  ...COMMON_ROWS,
  nb_get_retry: old(yet(CHECKER, 'Failures tolerated before the server is taken out')),
  virtualhost: yet(CHECKER, 'Host to ask for'),
  http_protocol: yet(CHECKER, 'Version of HTTP: 1.0, 1.0C or 1.1'),
  enable_sni: yet(CHECKER, 'Tells the server the host in TLS'),
  sni_name: yet(CHECKER, 'Host to tell the server in TLS'),
  fast_recovery: yet(CHECKER, 'Asks for all URLs at once after a failure'),
  tls_compliant: yet(CHECKER, 'Wants TLS to be ended as the RFC says'),
  url: block(yet(CHECKER, 'What to ask for, and what to expect'), URL_ROWS),
};

const unsupported = (doc: string, rows: Rows): Row => block(yet(CHECKER, doc), { ...COMMON_ROWS, ...rows });

export const CHECKER_ROWS: Rows = {
  TCP_CHECK: block(applied(CHECK, 'The server is well when a connection completes'), TCP_ROWS),
  HTTP_GET: block(yet(CHECKER, 'The server is well when it answers as expected over HTTP'), HTTP_ROWS),
  SSL_GET: block(yet(CHECKER, 'The server is well when it answers as expected over HTTPS'), HTTP_ROWS),
  SMTP_CHECK: unsupported('The server is well when it greets as a mail server', {
    helo_name: yet(CHECKER, 'Name to greet it with'),
    host: old(block(yet(CHECKER, 'Another place to check'), CONNECTION_ROWS)),
  }),
  DNS_CHECK: unsupported('The server is well when it answers a DNS question', {
    type: yet(CHECKER, 'Type of the question; SOA unless given'),
    name: yet(CHECKER, 'Name to ask for; the root unless given'),
  }),
  MISC_CHECK: block(yet(CHECKER, 'The server is well when a command exits with 0'), {
    ...TIMING_ROWS,
    misc_path: yet(SCRIPTS, 'The command'),
    misc_timeout: yet(SCRIPTS, 'Seconds that it may take'),
    misc_dynamic: yet(SCRIPTS, 'The exit status sets the weight'),
    user: yet(SCRIPTS, 'Who runs it'),
  }),
  UDP_CHECK: unsupported('The server is well unless a datagram is refused', {
    payload: repeated(yet(CHECKER, 'What to send, in hex')),
    require_reply: yet(CHECKER, 'The answer that must come, in hex'),
    min_reply_length: yet(CHECKER, 'Least bytes of an answer'),
    max_reply_length: yet(CHECKER, 'Most bytes of an answer'),
  }),
  PING_CHECK: unsupported('The server is well when it answers a ping', {}),
  FILE_CHECK: block(yet(CHECKER, 'A file changes the weight of the server, or takes it out'), {
    track_file: yet(CHECKER, 'The track_file'),
    weight: yet(CHECKER, 'What its number is multiplied with'),
  }),
  BFD_CHECK: block(yet(BFD, 'The server is well while a BFD session is up'), {
    name: yet(BFD, 'The bfd_instance'),
    alpha: yet(BFD, 'The server is out until its first success'),
  }),
};
