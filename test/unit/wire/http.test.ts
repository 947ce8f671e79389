import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { HttpReader } from '../../../src/wire/http.ts';
import { encodeHttpRequest } from '../../../src/wire/http-request.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** `status body`, or why it is refused; `…` where more would have to come. */
function read(answer: string, method = 'GET'): string {
  let body = '';
  const reader = new HttpReader(method, (part) => {
    body += new TextDecoder().decode(part);
  });
  const progress = reader.receive(bytes(answer));
  if (progress.at === 'refused') return progress.because;
  return `${reader.status} ${body}${progress.at === 'reading' ? '…' : ''}`.trimEnd();
}

suite('HttpReader reads', () => {
  const ok = 'HTTP/1.1 200 OK\r\n';
  const length = 'Content-Length: 5\r\n';
  const chunked = 'Transfer-Encoding: chunked\r\n';
  const cases: readonly [string, string, string][] = [
    ['a status without a reason', `HTTP/1.0 404\r\n${length}\r\nhello`, '404 hello'],
    ['lines that end with a line feed', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello', '200 hello'],
    ['no more than the length', `${ok}${length}\r\nhello and more`, '200 hello'],
    ['on while it may go on', `${ok}\r\nhello`, '200 hello…'],
    ['a length that is said twice', `${ok}${length}${length}\r\nhello`, '200 hello'],
    [
      'chunks in spite of a length (RFC 9112 §6.3)',
      `${ok}${length}${chunked}\r\n1\r\nx\r\n0\r\n\r\n`,
      '200 x',
    ],
    ['identity as no coding', `${ok}${length}Transfer-Encoding: identity\r\n\r\nhello`, '200 hello'],
    ['a header that is folded', `${ok}X: a\r\n b: c\r\n${length}\r\nhello`, '200 hello'],
    ['no body of 304', `HTTP/1.1 304 Same\r\n${length}\r\n`, '304'],
    ['101 as the last answer', 'HTTP/1.1 101 Other\r\n\r\n', '101'],
    [
      'only what follows interim answers',
      `HTTP/1.1 103 Hints\r\n${length}\r\nHTTP/1.1 204 None\r\n\r\n`,
      '204',
    ],
    ['lengths that differ', `${ok}${length}Content-Length: 6\r\n\r\n`, 'length'],
    ['a length that is no number', `${ok}Content-Length: 5, 5\r\n\r\n`, 'length'],
    ['a space in front of a colon', `${ok}Content-Length : 5\r\n\r\n`, 'header'],
    ['a line without a colon', `${ok}hello\r\n\r\n`, 'header'],
    ['a coding on top of chunks', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`, 'transfer_encoding'],
    ['a chunk that is longer than it says', `${ok}${chunked}\r\n1\r\nxy\r\n`, 'chunk'],
    ['a chunk size with a sign', `${ok}${chunked}\r\n+1\r\nx\r\n`, 'chunk'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n', 'status_line'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n', 'status_line'],
    ['another protocol', 'HTTP/2 200\r\n', 'status_line'],
  ];
  for (const [what, answer, expected] of cases) test(what, () => assert.equal(read(answer), expected));
  test('no body after HEAD', () => assert.equal(read(`${ok}${length}\r\n`, 'HEAD'), '200'));
});

test('encodeHttpRequest lets headers stand in place of its own', () => {
  const asked = { method: 'POST', path: '/a?b', version: '1.1', host: 'web.example' } as const;
  const text = (headers: readonly (readonly [string, string])[]) => {
    const encoded = encodeHttpRequest({ ...asked, headers });
    return encoded.ok ? new TextDecoder().decode(encoded.value) : encoded.error;
  };
  const first = 'POST /a?b HTTP/1.1\r\n';
  assert.equal(
    text([]),
    `${first}Host: web.example\r\nUser-Agent: lbd\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
  assert.equal(
    text([
      ['user-agent', 'KeepAliveClient'],
      ['HOST', 'other'],
    ]),
    `${first}Connection: close\r\nContent-Length: 0\r\nuser-agent: KeepAliveClient\r\nHOST: other\r\n\r\n`,
  );
  assert.equal(text([['X', 'a\r\nY: b']]), 'header');
});
