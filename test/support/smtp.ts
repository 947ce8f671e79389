import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';

export interface ReceivedMail {
  readonly helo: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly data: string;
  readonly user: string | null;
  readonly encrypted: boolean;
}

export interface Smtp {
  readonly port: number;
  /** What a client has to trust, PEM. */
  readonly certificate: string;
  readonly mails: readonly ReceivedMail[];
  close(): Promise<void>;
}

export interface SmtpOptions {
  readonly security?: 'none' | 'starttls' | 'tls';
  /** Mail only from who logs in (AUTH PLAIN) with this password, offered over TLS only. */
  readonly password?: string;
  /** Answers to MAIL FROM, one each; empty for what is right. */
  readonly refusals?: readonly string[];
  /** Any that is free unless given. */
  readonly port?: number;
  readonly heard?: (mail: ReceivedMail) => void;
}

/** A mail server on 127.0.0.1 that keeps what it is sent; its certificate for TLS is signed by itself. */
export async function startSmtp({
  security = 'none',
  password,
  refusals = [],
  port = 0,
  heard,
}: SmtpOptions): Promise<Smtp> {
  const mails: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  const answers = [...refusals];
  const pair = security === 'none' ? null : selfSigned();
  const secureContext = pair === null ? null : createSecureContext(pair);

  const serve = (socket: Socket, encrypted: boolean, isNew: boolean) => {
    let helo = '';
    let user: string | null = null;
    let from = '';
    let to: string[] = [];
    let data: string | null = null;
    let waiting = '';
    const say = (line: string) => void socket.write(`${line}\r\n`);
    const upgrade = () => {
      socket.removeAllListeners('data');
      if (secureContext === null) throw new Error('no certificate');
      serve(encrypt(socket, secureContext), true, false);
    };
    const hear = (line: string) => {
      if (data !== null) {
        if (line === '.') {
          const mail = { helo, from, to, data, user, encrypted };
          mails.push(mail);
          heard?.(mail);
          data = null;
          say('250 kept');
        } else data += `${line.replace(/^\./, '')}\n`;
        return;
      }
      const [verb = '', rest = ''] = line.split(/ (.*)/s);
      switch (verb.toUpperCase()) {
        case 'HELO':
          helo = rest;
          return say('250 ok');
        case 'EHLO':
          helo = rest;
          if (security === 'starttls' && !encrypted) say('250-STARTTLS');
          if (password !== undefined && encrypted) say('250-AUTH PLAIN');
          return say('250 8BITMIME');
        case 'STARTTLS':
          if (security !== 'starttls' || encrypted) return say('502 not here');
          say('220 go ahead');
          return upgrade();
        case 'AUTH': {
          const [, name = '', word = ''] = Buffer.from(rest.replace('PLAIN ', ''), 'base64')
            .toString()
            .split('\0');
          if (word !== password) return say('535 who are you');
          user = name;
          return say('235 welcome');
        }
        case 'MAIL': {
          const refusal = answers.shift() ?? '';
          if (refusal !== '') return say(refusal);
          if (password !== undefined && user === null) return say('530 log in first');
          from = /<(.*?)>/.exec(rest)?.[1] ?? '';
          to = [];
          return say('250 ok');
        }
        case 'RCPT':
          to.push(/<(.*?)>/.exec(rest)?.[1] ?? '');
          return say('250 ok');
        case 'DATA':
          data = '';
          return say('354 go ahead');
        case 'QUIT':
          say('221 bye');
          return void socket.end();
        default:
          return say('502 what?');
      }
    };
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      waiting += bytes.toString();
      const lines = waiting.split('\r\n');
      waiting = lines.pop() ?? '';
      for (const line of lines) hear(line);
    });
    if (isNew) say('220 mail.example');
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    if (security === 'tls' && secureContext !== null) serve(encrypt(socket, secureContext), true, true);
    else serve(socket, false, true);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    certificate: pair?.cert ?? '',
    mails,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

const encrypt = (socket: Socket, secureContext: ReturnType<typeof createSecureContext>): Socket =>
  new TLSSocket(socket, { isServer: true, secureContext });

function selfSigned(): { key: string; cert: string } {
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-cert-'));
  const [key, cert] = [path.join(directory, 'key'), path.join(directory, 'cert')];
  const subject = ['-subj', '/CN=mail.example', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  const pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(directory, { recursive: true });
  return pair;
}
