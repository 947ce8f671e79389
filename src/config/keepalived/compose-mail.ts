import { err, ok, type Result } from '../../base/result.ts';
import { type Micros, seconds } from '../../base/units.ts';
import { mistake, type Problem, warning } from '../diagnostic.ts';
import { mailAddress, type WrittenMail } from '../schema/sinks.ts';
import { isOn } from './compose-global.ts';
import type { Scope } from './compose-scope.ts';
import { enterLines, leaveAll, type Reader, type Readers } from './compose-scope.ts';
import { duration, read, readWord, sayAt, saySurplus, schemed, show, wholeNumber } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

/** What global_defs say of mail. */
export interface MailDraft {
  server: { readonly host: string; readonly port: number } | null;
  helo: string | null;
  timeout: Micros;
  from: string | null;
  readonly to: string[];
  noFaults: boolean;
  /** smtp_alert, smtp_alert_vrrp and smtp_alert_checker; null where nothing is said. */
  all: boolean | null;
  vrrp: boolean | null;
  checker: boolean | null;
  /** Whether the server or a recipient is an error. */
  isBroken: boolean;
  /** What there is to note if no mail is sent. */
  readonly statements: { readonly statement: Statement; readonly scope: Scope }[];
}

export const newMail = (): MailDraft => ({
  server: null,
  helo: null,
  timeout: seconds(30),
  from: null,
  to: [],
  noFaults: false,
  all: null,
  vrrp: null,
  checker: null,
  isBroken: false,
  statements: [],
});

export interface Mailing {
  readonly mail: MailDraft;
}

const LONGEST_TIMEOUT = seconds(3600);
const mailbox = schemed(mailAddress);

const hostName = (word: Word): Result<string, Problem> =>
  /^[^\s/@\p{Cc}]{1,253}$/u.test(word.text)
    ? ok(word.text)
    : err(mistake('bad_value', `${show(word)} is no host name or address`));

/** Reads a statement about mail, and remembers it. */
const noted =
  (readIt: (statement: Statement, mail: MailDraft, scope: Scope) => void): Reader<Mailing> =>
  (statement, { mail }, scope) => {
    mail.statements.push({ statement, scope });
    readIt(statement, mail, scope);
  };

/** The keywords of global_defs about mail. */
export const MAIL_READERS: Readers<Mailing> = {
  smtp_server: noted((statement, mail, scope) => {
    const [keyword, host, port] = statement.words;
    saySurplus(statement, scope, 3);
    if (host === undefined) {
      sayAt(scope, statement, keyword, mistake('missing_value', '"smtp_server" needs a host'));
      return;
    }
    const name = readWord(host, statement, scope, hostName)?.value;
    const number = port === undefined ? 25 : readWord(port, statement, scope, wholeNumber(1, 65_535))?.value;
    if (name !== undefined && number !== undefined) {
      mail.server = { host: name, port: number };
    } else mail.isBroken = true;
  }),
  smtp_helo_name: noted((statement, mail, scope) => {
    mail.helo = read(statement, scope, hostName)?.value ?? null;
  }),
  smtp_connect_timeout: noted((statement, mail, scope) => {
    mail.timeout = read(statement, scope, duration(seconds(1), LONGEST_TIMEOUT))?.value ?? mail.timeout;
  }),
  notification_email_from: noted((statement, mail, scope) => {
    mail.from = read(statement, scope, mailbox)?.value ?? null;
  }),
  notification_email: noted((statement, mail, scope) => {
    saySurplus(statement, scope, 1);
    const within = enterLines(scope, statement);
    for (const line of statement.block ?? []) {
      for (const word of line.words) {
        const address = readWord(word, line, within, mailbox)?.value;
        if (address !== undefined) mail.to.push(address);
        else mail.isBroken = true;
      }
    }
  }),
  no_email_faults: noted((statement, mail, scope) => {
    mail.noFaults = isOn(statement, scope);
  }),
  smtp_alert: (statement, { mail }, scope) => {
    mail.all = isOn(statement, scope);
  },
  smtp_alert_vrrp: (statement, { mail }, scope) => {
    mail.vrrp = isOn(statement, scope);
  },
  smtp_alert_checker: (statement, { mail }, scope) => {
    mail.checker = isOn(statement, scope);
    if (mail.checker) mail.statements.push({ statement, scope });
  },
};

/** What YAML would say; undefined where keepalived would send none. */
export function finishMail({ server, to, ...mail }: MailDraft): WrittenMail | undefined {
  if (mail.isBroken) return undefined;
  if (server === null || to.length === 0) {
    const lack = server === null ? 'there is no smtp_server' : 'there is no notification_email';
    for (const { statement, scope } of mail.statements) leaveAll(statement, scope, 'here', lack);
    const [first] = mail.statements;
    if (first !== undefined) {
      const [keyword] = first.statement.words;
      sayAt(first.scope, first.statement, keyword, warning('no_mail', `no mail is sent: ${lack}`));
    }
    return undefined;
  }
  return {
    smtp_server: server.host,
    smtp_port: server.port,
    security: 'none',
    smtp_helo_name: mail.helo ?? undefined,
    smtp_connect_timeout: mail.timeout,
    notification_email_from: mail.from ?? undefined,
    notification_email: to,
    no_email_faults: mail.noFaults,
    smtp_alert_checker: mail.checker ?? mail.all ?? undefined,
  };
}
