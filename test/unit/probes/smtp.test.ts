import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import { probeSmtp } from '../../../src/probes/smtp.ts';
import { drip, flood, noSocket, reach, withPeer } from './peers.ts';

const TIMEOUT = millis(300);

/** Says the first line at once and each further one after a line of the client. */
const says =
  (...lines: readonly string[]) =>
  (socket: Socket) => {
    const rest = [...lines];
    const next = () => {
      const line = rest.shift();
      if (line !== undefined) socket.write(line);
    };
    socket.on('data', next);
    next();
  };

const probe = (behave: (socket: Socket) => void) =>
  withPeer(behave, async (port, peer) => {
    const outcome = await probeSmtp({ ...reach(port), type: 'smtp', helo: 'lb.example' }, TIMEOUT, noSocket);
    const { verdict, result, detail, code } = outcome;
    const said = `${verdict} ${result}: ${detail.replace(` (127.0.0.1:${port})`, '')}`;
    return { said, code: code ?? null, asked: peer.received };
  });

test('probeSmtp greets and takes its leave', async () => {
  const { said, code, asked } = await probe(
    says('220-mail\r\n220 ready\r\n', '250-mail\r\n250 HELP\r\n', '221 bye\r\n'),
  );
  assert.deepEqual([said, code], ['pass ok: reply to HELO 250', 250]);
  assert.equal(asked, 'HELO lb.example\r\nQUIT\r\n');
});

test('probeSmtp passes a server that is silent after QUIT, or closes', async () => {
  assert.match((await probe(says('220 a\r\n', '250 b\r\n'))).said, /^pass ok/);
  const closing = (socket: Socket) => {
    socket.write('220 a\r\n');
    socket.once('data', () => socket.end('250 b\r\n'));
  };
  assert.match((await probe(closing)).said, /^pass ok/);
});

suite('probeSmtp comes to a verdict on a server that', () => {
  const cases: readonly [string, (socket: Socket) => void, string, number | null][] = [
    ['is busy', says('421 try\x07 later\r\n'), 'fail mismatch: greeting 421 try? later', 421],
    [
      'does not like us',
      says('220 a\r\n', '550 go away\r\n'),
      'fail mismatch: reply to HELO 550 go away',
      550,
    ],
    ['is silent', () => undefined, `fail timeout: no greeting within ${TIMEOUT} ms`, null],
    [
      'is silent after its greeting',
      says('220 a\r\n'),
      `fail timeout: no reply to HELO within ${TIMEOUT} ms`,
      null,
    ],
    [
      'drips',
      (socket) => drip(socket, Buffer.from('220-more\r\n'), 20),
      `fail timeout: no greeting within ${TIMEOUT} ms`,
      null,
    ],
    ['closes', (socket) => socket.end(), 'fail protocol: it closed the connection without a greeting', null],
    ['resets', (socket) => socket.resetAndDestroy(), 'fail reset: connection reset', null],
    ['is no mail server', says('SSH-2.0-OpenSSH_9.2\r\n'), 'fail protocol: its reply is not SMTP', null],
    [
      'changes its mind',
      says('220-a\r\n421 b\r\n'),
      'fail protocol: the lines of its reply have different codes',
      null,
    ],
    [
      'sends a line without an end',
      (socket) => flood(socket, Buffer.alloc(65536, 0x32)),
      'fail protocol: a line of its reply is too long',
      null,
    ],
    [
      'sends a reply without an end',
      (socket) => flood(socket, Buffer.from('220-a\r\n'.repeat(99))),
      'fail protocol: its reply is too long',
      null,
    ],
  ];
  for (const [what, behave, said, code] of cases) {
    test(what, async () => {
      const seen = await probe(behave);
      assert.deepEqual([seen.said, seen.code], [said, code]);
    });
  }
});
