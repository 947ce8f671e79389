import type { Millis } from '../base/units.ts';
import type { SmtpProbe } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import { encodeHelo, encodeQuit, SmtpReader, type SmtpRefusal } from '../wire/smtp.ts';
import { converse, type OpenStream } from './connect.ts';

const REFUSALS: Readonly<Record<SmtpRefusal, string>> = {
  line_long: 'a line of its reply is too long',
  reply_long: 'its reply is too long',
  line: 'its reply is not SMTP',
  code: 'the lines of its reply have different codes',
};

/** What is waited for, and the code that it has to have. */
const GREETING = { what: 'greeting', code: 220 };
const WELCOME = { what: 'reply to HELO', code: 250 };

/**
 * An SMTP_CHECK: a greeting of 220, HELO, a reply of 250, QUIT. The server is well once it has replied to HELO; what
 * remains of `timeout` is left to it for its farewell, so that it logs no lost connection. Never rejects; leaves no
 * descriptor.
 */
export function probeSmtp(config: SmtpProbe, timeout: Millis, openStream: OpenStream): Promise<ProbeOutcome> {
  return converse(config, timeout, openStream, (conversation) => {
    const { socket, decide, end } = conversation;
    const hello = encodeHelo(config.helo);
    if (hello === null) return void decide('unknown', 'error', `no HELO can have the name "${config.helo}"`);
    let awaited = GREETING;
    let reader = new SmtpReader();

    const say = (command: Uint8Array) => {
      reader = new SmtpReader();
      socket.write(command);
    };
    socket.on('connect', () => conversation.await(GREETING.what, 7));
    socket.on('end', () => {
      decide('fail', 'protocol', `it closed the connection without a ${awaited.what}`);
      end();
    });
    socket.on('data', (bytes: Uint8Array) => {
      const progress = reader.receive(bytes);
      if (progress.at === 'reading') return;
      if (progress.at === 'refused') decide('fail', 'protocol', REFUSALS[progress.because]);
      if (progress.at === 'refused' || conversation.isDecided) return end();
      const { code, text } = progress.reply;
      if (code === awaited.code && awaited === GREETING) {
        awaited = WELCOME;
        conversation.await(WELCOME.what, 7);
        return say(hello);
      }
      if (code === awaited.code) decide('pass', 'ok', `${awaited.what} ${code}`, code);
      else decide('fail', 'mismatch', `${awaited.what} ${code} ${text.slice(0, 80)}`.trimEnd(), code);
      say(encodeQuit());
    });
  });
}
