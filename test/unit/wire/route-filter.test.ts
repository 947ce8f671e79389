import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMessages } from '../../../src/wire/netlink.ts';
import { encodeRouteFilter } from '../../../src/wire/route-filter.ts';
import { RTM_ROUTE } from '../../../src/wire/rtnl-route.ts';

/** What linux/filter.h says of the instructions that a route filter has; true for a message that gets through. */
function run(program: Uint8Array, message: Uint8Array): boolean {
  const code = new DataView(program.buffer);
  const data = new DataView(message.buffer);
  let loaded = 0;
  for (let pc = 0; ; pc++) {
    const [operation, jt, jf] = [
      code.getUint16(pc * 8, true),
      code.getUint8(pc * 8 + 2),
      code.getUint8(pc * 8 + 3),
    ];
    const k = code.getUint32(pc * 8 + 4, true);
    if (operation === 0x06) return k !== 0;
    if (operation === 0x28) loaded = data.getUint16(k);
    else if (operation === 0x30) loaded = data.getUint8(k);
    else if (operation === 0x05) pc += k;
    else if (operation === 0x15) pc += loaded === k ? jt : jf;
    else if (operation === 0x45) pc += (loaded & k) !== 0 ? jt : jf;
    else assert.fail(`instruction ${operation}`);
  }
}

const REPLACE = 0x100;
const message = (type: number, flags: number, length: number, protocol: number): Uint8Array => {
  const payload = Uint8Array.of(2, length, 0, 0, 254, protocol, 0, 1, 0, 0, 0, 0);
  return encodeMessages([{ type, flags, seq: 1, port: 2, payload }]);
};

test('encodeRouteFilter lets through what may be about a route of its protocols and lengths', () => {
  const filter = encodeRouteFilter(new Set([18, 4, 12]), new Set([24, 0, 128]));
  const wanted: readonly (readonly [boolean, number, number, number, number])[] = [
    ...[18, 4, 12].flatMap((protocol) =>
      [24, 0, 128].map((length) => [true, RTM_ROUTE.DEL, 0, length, protocol] as const),
    ),
    [false, RTM_ROUTE.DEL, 0, 24, 186],
    [false, RTM_ROUTE.DEL, 0, 25, 18],
    [true, RTM_ROUTE.NEW, REPLACE, 24, 186],
    [false, RTM_ROUTE.NEW, REPLACE, 25, 186],
    [false, RTM_ROUTE.NEW, 0x600, 24, 18],
    [true, 33, 0, 0, 0],
    [true, 16, 0, 0, 0],
  ];
  for (const [through, ...about] of wanted) {
    assert.equal(run(filter, message(...about)), through, about.join(' '));
  }
});

test('encodeRouteFilter of nothing lets no route through', () => {
  const filter = encodeRouteFilter(new Set(), new Set());
  assert.equal(run(filter, message(RTM_ROUTE.DEL, 0, 24, 18)), false);
  assert.equal(run(filter, message(RTM_ROUTE.NEW, REPLACE, 24, 18)), false);
  assert.equal(run(filter, message(33, 0, 24, 18)), true);
});
