import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes } from '../../src/base/bytes.ts';
import { HTTP_LIMITS, type HttpProgress, HttpReader } from '../../src/wire/http.ts';
import { encodeHttpRequest } from '../../src/wire/http-request.ts';
import { SMTP_LIMITS, SmtpReader } from '../../src/wire/smtp.ts';

const RUNS = 100_000;
const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);

interface Read {
  readonly progress: HttpProgress;
  readonly status: number | null;
  readonly body: Uint8Array;
}

function read(pieces: readonly Uint8Array[], method = 'GET'): Read {
  const body: Uint8Array[] = [];
  const reader = new HttpReader(method, (bytes) => body.push(bytes.slice()));
  for (const piece of pieces) reader.receive(piece);
  const progress = reader.end();
  return { progress, status: reader.status, body: concatBytes(body) };
}

/** `bytes` cut at these places. */
function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [
    0,
    ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ];
  return sorted.slice(1).map((to, i) => bytes.subarray(sorted[i], to));
}

const places = fc.array(fc.nat(500), { maxLength: 6 });
const status = fc.constantFrom(200, 204, 301, 404, 503, 999);
const header = fc.tuple(fc.stringMatching(/^X-[A-Za-z0-9-]{0,10}$/), fc.stringMatching(/^[ -~]{0,20}$/));
const body = fc.uint8Array({ maxLength: 300 });
const lineEnd = fc.constantFrom('\r\n', '\n');

test('HttpReader gives status and body back, however they are framed and cut', () => {
  const framing = fc.constantFrom('length', 'chunks', 'close');
  fc.assert(
    fc.property(
      status,
      fc.array(header, { maxLength: 4 }),
      body,
      framing,
      lineEnd,
      places,
      places,
      fc.nat(3),
      (code, headers, sent, how, end, chunks, cuts, interim) => {
        const lines = headers.map(([name, value]) => `${name}: ${value}${end}`).join('');
        const framed = {
          length: `Content-Length: ${sent.length}${end}`,
          chunks: `Transfer-Encoding: Chunked${end}`,
          close: '',
        };
        const head =
          `HTTP/1.1 100 Continue${end}${end}`.repeat(interim) +
          `HTTP/1.1 ${code} OK${end}${lines}${framed[how]}${end}`;
        const pieces = cutAt(sent, chunks).filter((piece) => piece.length > 0);
        const payload =
          how !== 'chunks'
            ? [sent]
            : [
                ...pieces.flatMap((piece) => [
                  bytesOf(`${piece.length.toString(16)};a="b"${end}`),
                  piece,
                  bytesOf(end),
                ]),
                bytesOf(`0${end}X: y${end}${end}`),
              ];
        const answer = concatBytes([bytesOf(head), ...payload]);
        const found = read(cutAt(answer, cuts));
        assert.deepEqual(found, {
          progress: { at: 'complete' },
          status: code,
          body: code === 204 ? new Uint8Array() : sent,
        });
      },
    ),
    { numRuns: 5000 },
  );
});

const words = fc.constantFrom(
  ...['HTTP/1.1 200 OK', 'HTTP/1.0 404', 'HTTP/1.1 100 Continue', 'Content-Length: 5', 'Content-Length: -1'],
  ...[
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'X:y',
    ' folded',
    '\r\n',
    '\n',
    '\r\n\r\n',
  ],
  ...['5\r\nhello\r\n', '0\r\n\r\n', 'ffffffff', 'hello', ':', '\0', 'Content-Length: 99999999'],
);
const hostile = fc.oneof(
  fc
    .array(fc.oneof({ weight: 8, arbitrary: words }, { weight: 1, arbitrary: fc.string({ maxLength: 8 }) }), {
      maxLength: 12,
    })
    .map((parts) => bytesOf(parts.join(''))),
  fc
    .array(words, { maxLength: 8 })
    .map((parts) => bytesOf(`HTTP/1.1 200 OK\r\n${parts.join('\r\n')}\r\n\r\n`)),
  fc.uint8Array({ maxLength: 60 }),
);

test(`HttpReader ends ${RUNS} hostile answers in the same way, in one piece or in several`, () => {
  const ends = new Map<string, number>();
  fc.assert(
    fc.property(hostile, places, (bytes, cuts) => {
      const whole = read([bytes]);
      const { progress } = whole;
      assert.notEqual(progress.at, 'reading');
      assert.deepEqual(read(cutAt(bytes, cuts)), whole);
      const end = progress.at === 'refused' ? progress.because : progress.at;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }),
    { numRuns: RUNS },
  );
  for (const end of [
    'complete',
    'status_line',
    'header',
    'length',
    'transfer_encoding',
    'chunk',
    'body_long',
    'cut_off',
  ]) {
    assert.ok((ends.get(end) ?? 0) > 10, `${end}: ${ends.get(end)} of ${JSON.stringify([...ends])}`);
  }
});

test('HttpReader stops at its limits, and hands on no more than them', () => {
  const rest = bytesOf('x'.repeat(65536));
  const flooded = (head: string, filler: Uint8Array) => {
    let length = 0;
    const reader = new HttpReader('GET', (bytes) => (length += bytes.length));
    let progress = reader.receive(bytesOf(head));
    for (let sent = 0; progress.at === 'reading' && sent < 2 * HTTP_LIMITS.body; sent += filler.length)
      progress = reader.receive(filler);
    assert.ok(length <= HTTP_LIMITS.body);
    return progress.at === 'refused' ? progress.because : progress.at;
  };
  const ok = 'HTTP/1.1 200 OK\r\n';
  assert.equal(flooded('HTTP/1.1 200 ', rest), 'status_line_long');
  assert.equal(flooded(`${ok}X: `, rest), 'headers_long');
  assert.equal(flooded(ok, bytesOf('a: b\r\n')), 'headers_long');
  assert.equal(flooded(`${ok}\r\n`, rest), 'body_long');
  assert.equal(flooded('', bytesOf('HTTP/1.1 100 \r\n\r\n')), 'interim');
  assert.equal(
    flooded(`${ok}Transfer-Encoding: chunked\r\n\r\n`, bytesOf(`1;${'x'.repeat(1000)}\r\ny\r\n`)),
    'body_long',
  );
  assert.equal(flooded(`${ok}Transfer-Encoding: chunked\r\n\r\n1;`, rest), 'chunk');
  assert.equal(flooded(`${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n`, bytesOf('a: b\r\n')), 'headers_long');
});

test('encodeHttpRequest writes one request, or names what would break out of it', () => {
  const question = fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'POST'),
    path: fc.string({ unit: 'binary', maxLength: 20 }).map((text) => `/${text}`),
    version: fc.constantFrom('1.0' as const, '1.0C' as const, '1.1' as const),
    host: fc.string({ maxLength: 10 }),
    headers: fc.array(
      fc.tuple(fc.string({ maxLength: 8 }), fc.string({ unit: 'binary-ascii', maxLength: 8 })),
      { maxLength: 3 },
    ),
  });
  fc.assert(
    fc.property(question, (asked) => {
      const encoded = encodeHttpRequest(asked);
      if (!encoded.ok) return;
      const text = new TextDecoder().decode(encoded.value);
      const lines = text.split('\r\n');
      assert.deepEqual(lines.slice(-2), ['', '']);
      assert.equal(lines.indexOf(''), lines.length - 2);
      assert.ok(!/[\r\n]/.test(lines.join('')));
      assert.equal(lines[0], `${asked.method} ${asked.path} HTTP/${asked.version.slice(0, 3)}`);
      assert.equal(lines.filter((line) => /^host:/i.test(line)).length >= 1, true);
    }),
    { numRuns: 10_000 },
  );
});

test(`SmtpReader ends ${RUNS} hostile replies in the same way, in one piece or in several`, () => {
  const parts = fc.constantFrom(
    '220 ',
    '220-',
    '221-',
    '250',
    '99',
    'a',
    '\r\n',
    '\n',
    '\0',
    'mail.example ready',
    ' ',
  );
  const reply = fc.oneof(
    fc.array(parts, { maxLength: 12 }).map((all) => bytesOf(all.join(''))),
    fc.uint8Array({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(reply, places, (bytes, cuts) => {
      const whole = new SmtpReader().receive(bytes);
      const reader = new SmtpReader();
      const inPieces = cutAt(bytes, cuts).map((piece) => reader.receive(piece));
      assert.deepEqual(inPieces.at(-1), whole);
      if (whole.at === 'reply') assert.match(whole.reply.text, /^[ -~]*$/);
    }),
    { numRuns: RUNS },
  );
  const long = (filler: string) => new SmtpReader().receive(bytesOf(filler.repeat(SMTP_LIMITS.reply)));
  assert.deepEqual(long('2'), { at: 'refused', because: 'line_long' });
  assert.deepEqual(long('220-\n'), { at: 'refused', because: 'reply_long' });
});
