import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DnsType } from '../../../src/model/check.ts';
import { decodeDnsAnswer, encodeDnsQuestion, printRcode } from '../../../src/wire/dns.ts';
import { serveUdp } from '../../support/udp-server.ts';

const question = (name: string, type: DnsType = 'SOA', id = 0xabcd): Uint8Array => {
  const encoded = encodeDnsQuestion({ id, type, name });
  assert.ok(encoded.ok);
  return encoded.value;
};

/** An answer as servers give it: the question with the QR bit. */
const answer = (asked: Uint8Array, rcode = 0): Uint8Array =>
  asked.with(2, (asked[2] ?? 0) | 0x80).with(3, rcode);

/** c-ares may add an OPT record, and with it its count. */
const HEADER_WITHOUT_ADDITIONAL = 10;

test('encodeDnsQuestion asks as c-ares does', async () => {
  const asked: Buffer[] = [];
  const server = await serveUdp((bytes, reply) => {
    asked.push(bytes);
    reply(answer(bytes, 3));
  });
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([`127.0.0.1:${server.port}`]);
  const rows: [Exclude<DnsType, 'DNSKEY' | 'RRSIG'>, string][] = [
    ['A', 'www.example.com'],
    ['AAAA', 'example.com.'],
    ['CNAME', 'a.b.c.example'],
    ['MX', 'example.com'],
    ['NS', 'example.org'],
    ['SOA', 'example.net'],
    ['TXT', `${'x'.repeat(63)}.example`],
  ];
  for (const [type, name] of rows) {
    await assert.rejects(resolver.resolve(name, type), { code: 'ENOTFOUND' });
    const theirs = Uint8Array.from(asked.at(-1) ?? []);
    const ours = question(name, type, new DataView(theirs.buffer).getUint16(0));
    assert.deepEqual(
      ours.subarray(0, HEADER_WITHOUT_ADDITIONAL),
      theirs.subarray(0, HEADER_WITHOUT_ADDITIONAL),
    );
    assert.deepEqual(ours.subarray(12), theirs.subarray(12, ours.length), type);
  }
  await server.close();
});

test('encodeDnsQuestion takes the root, and refuses what is no name', () => {
  // RFC 1035 §4.1.2: one empty label; RFC 4034 §2: type 48.
  assert.deepEqual([...question('.', 'DNSKEY').subarray(12)], [0, 0, 48, 0, 1]);
  const longest = `${`${'x'.repeat(63)}.`.repeat(3)}${'x'.repeat(61)}`;
  assert.equal(question(longest).length, 12 + 255 + 4);
  for (const name of ['', '..', 'a..b', '.a', `${'x'.repeat(64)}.example`, `${longest}x`])
    assert.deepEqual(encodeDnsQuestion({ id: 1, type: 'A', name }), { ok: false, error: 'name' }, name);
});

test('decodeDnsAnswer gives the response code of an answer, and of nothing else', () => {
  const asked = question('www.Example.com', 'A');
  const read = (bytes: Uint8Array) => {
    const decoded = decodeDnsAnswer(asked, bytes);
    return decoded.ok ? decoded.value : decoded.error;
  };
  assert.equal(read(answer(asked)), 0);
  assert.equal(read(answer(asked, 0xf5)), 5);
  assert.equal(printRcode(5), 'REFUSED');
  assert.equal(printRcode(15), 'response code 15');
  // RFC 1035 §4.1.2 has the question repeated; some leave it out of an error.
  assert.equal(read(answer(asked, 1).subarray(0, 12).with(5, 0)), 1);
  assert.equal(read(answer(question('WWW.example.COM', 'A'))), 0);
  assert.equal(read(Uint8Array.of(...answer(asked), ...new Uint8Array(500))), 0);
  assert.equal(read(answer(question('www.example.org', 'A'))), 'question');
  assert.equal(read(answer(question('www.Example.com', 'AAAA'))), 'question');
  assert.equal(read(answer(asked).subarray(0, 20)), 'question');
  assert.equal(read(answer(question('www.Example.com', 'A', 0xabce))), 'id');
  assert.equal(read(asked), 'query');
  assert.equal(read(answer(asked).subarray(0, 11)), 'truncated');
});

test('decodeDnsAnswer is total', () => {
  const asked = question('example.com');
  const mutated = fc
    .tuple(fc.nat(asked.length), fc.array(fc.tuple(fc.nat(asked.length - 1), fc.nat(255)), { maxLength: 3 }))
    .map(([length, changes]) =>
      changes.reduce((bytes, [at, value]) => bytes.with(at, value), answer(asked)).subarray(0, length),
    );
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 600 })), (bytes) => {
      const decoded = decodeDnsAnswer(asked, bytes);
      if (decoded.ok) assert.ok(decoded.value >= 0 && decoded.value <= 15);
      seen.add(decoded.ok ? 'ok' : decoded.error);
    }),
    { numRuns: 20_000 },
  );
  assert.deepEqual([...seen].sort(), ['id', 'ok', 'query', 'question', 'truncated']);
});
