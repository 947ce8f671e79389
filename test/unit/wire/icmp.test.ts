import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bigEndian } from '../../../src/base/bytes.ts';
import { internetChecksum } from '../../../src/base/checksum.ts';
import { type Family, type Ip, ipBytes } from '../../../src/base/ip.ts';
import {
  decodeIcmpAnswer,
  type Echo,
  encodeEchoRequest,
  ICMP_TYPES,
  type IcmpAnswer,
} from '../../../src/wire/icmp.ts';
import { encodeIcmpFilter } from '../../../src/wire/icmp-filter.ts';
import { runBpf } from '../../support/bpf.ts';

const FAMILIES = ['inet', 'inet6'] as const;
const ECHO: Echo = { identifier: 0xbeef, sequence: 7, data: Uint8Array.of(1, 2, 3) };
const SERVER: Readonly<Record<Family, Ip>> = { inet: '10.0.0.9' as Ip, inet6: '2001:db8::9' as Ip };

/** With a checksum that is right again, where there is one of ours. */
function summed(family: Family, bytes: Uint8Array): Uint8Array {
  const blank = bytes.with(2, 0).with(3, 0);
  if (family === 'inet') blank.set(bigEndian(internetChecksum(blank), 2), 2);
  return blank;
}

const replyTo = (family: Family, echo: Echo): Uint8Array =>
  summed(family, encodeEchoRequest(family, echo).with(0, ICMP_TYPES[family].reply));

/** RFC 792, RFC 4443 §3.1: what a router says of a datagram, with so much of it. */
function refusal(family: Family, code: number, echo: Echo, quoted = 8): Uint8Array {
  const request = encodeEchoRequest(family, echo).subarray(0, quoted);
  const header = new Uint8Array(family === 'inet' ? 20 : 40);
  header.set(family === 'inet' ? [0x45] : [0x60]);
  header.set(family === 'inet' ? [1] : [58], family === 'inet' ? 9 : 6);
  header.set(ipBytes(SERVER[family]), family === 'inet' ? 16 : 24);
  const { unreachable } = ICMP_TYPES[family];
  return summed(family, Uint8Array.of(unreachable, code, 0, 0, 0, 0, 0, 0, ...header, ...request));
}

for (const family of FAMILIES) {
  test(`decodeIcmpAnswer reads what comes back for encodeEchoRequest over ${family}`, () => {
    const reply = replyTo(family, ECHO);
    const read = (bytes: Uint8Array) => {
      const decoded = decodeIcmpAnswer(family, bytes);
      return decoded.ok ? decoded.value : decoded.error;
    };
    assert.deepEqual(read(reply), { kind: 'reply', ...ECHO });
    const { identifier, sequence } = ECHO;
    const unreachable: IcmpAnswer = {
      kind: 'unreachable',
      code: 1,
      destination: SERVER[family],
      identifier,
      sequence,
    };
    assert.deepEqual(read(refusal(family, 1, ECHO)), unreachable);
    assert.equal(read(refusal(family, 1, ECHO, 7)), 'truncated');
    assert.equal(read(encodeEchoRequest(family, ECHO)), 'other');
    assert.equal(read(reply.subarray(0, 7)), 'truncated');
    if (family === 'inet') assert.equal(read(reply.with(7, 8)), 'checksum');
  });

  test(`decodeIcmpAnswer is total over ${family}`, () => {
    const seeds = [replyTo(family, ECHO), refusal(family, 3, ECHO), refusal(family, 0, ECHO, 11)];
    const mutated = fc
      .tuple(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 3 }),
        fc.nat(80),
      )
      .map(([seed, changes, length]) => {
        const bytes = Uint8Array.from(seed.subarray(0, length));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes.length < 4 ? bytes : summed(family, bytes);
      });
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 100 })), (bytes) => {
        if (decodeIcmpAnswer(family, bytes).ok) read++;
      }),
      { numRuns: 20_000 },
    );
    assert.ok(read > 1000, String(read));
  });

  test(`encodeIcmpFilter lets through replies with the identifier and what is unreachable over ${family}`, () => {
    const header = family === 'inet' ? [0x46, ...new Uint8Array(23)] : [];
    const passes = (message: Uint8Array) =>
      runBpf(encodeIcmpFilter(family, ECHO.identifier), { data: Uint8Array.of(...header, ...message) });
    assert.equal(passes(replyTo(family, ECHO)), true);
    assert.equal(passes(refusal(family, 1, ECHO)), true);
    assert.equal(passes(replyTo(family, { ...ECHO, identifier: 0xbeee })), false);
    assert.equal(passes(replyTo(family, { ...ECHO, identifier: 0xbfef })), false);
    assert.equal(passes(encodeEchoRequest(family, ECHO)), false);
    assert.equal(passes(Uint8Array.of(135, 0, 0, 0)), false);
    assert.equal(passes(new Uint8Array(0)), false);
  });
}
