import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { err, ok } from '../../base/result.ts';
import type { WallTime } from '../../base/units.ts';
import type { MailConfig } from '../../model/notify.ts';
import type { MailText } from './notice-text.ts';
import type { Delivery } from './retry.ts';

/** Sends one mail to all recipients; says which of them the server refused. */
export async function sendMail(
  config: MailConfig,
  { subject, body }: MailText,
  at: WallTime,
): Promise<Delivery> {
  const { auth, security, timeout, to } = config;
  try {
    // Loaded by the first mail: it takes 80 ms, and most directors send none.
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({
      host: config.host,
      port: config.port,
      secure: security === 'tls',
      ...(security === 'starttls' ? { requireTLS: true } : {}),
      // Encryption that the server happens to offer proves nothing about it, and mail servers of one's own often
      // have certificates that nobody signed.
      ...(security === 'none' ? { opportunisticTLS: true, tls: { rejectUnauthorized: false } } : {}),
      ...(auth === null ? {} : { auth: { user: auth.user, pass: await readPassword(auth.passwordFile) } }),
      // A name without a dot nodemailer would replace by [127.0.0.1].
      name: config.helo ?? hostname(),
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      socketTimeout: timeout,
      dnsTimeout: timeout,
    });
    const sent = await transport.sendMail({
      from: config.from,
      to: [...to],
      subject,
      text: body,
      date: new Date(at),
      xMailer: false,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    return ok(sent.rejected.length === 0 ? '' : `${sent.rejected.join(', ')} was refused`);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // RFC 5321 §4.2.1: a reply of 5yz will be the same next time.
    const isFinal =
      'responseCode' in error && typeof error.responseCode === 'number' && error.responseCode >= 500;
    return err({ message: error.message, isFinal });
  }
}

const readPassword = async (file: string): Promise<string> =>
  (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
