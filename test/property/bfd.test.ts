import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { micros } from '../../src/base/units.ts';
import { acceptBfd } from '../../src/vrrp/bfd-accept.ts';
import { BFD_PORT, type BfdPacket, decodeBfd, encodeBfd } from '../../src/wire/bfd.ts';
import { BfdEnd, BfdWire, bfdConfig } from '../support/bfd.ts';
import { ip } from '../support/instances.ts';

const RUNS = 20_000;
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const interval = uint32.map(micros);

const packets: fc.Arbitrary<BfdPacket> = fc.record(
  {
    diagnostic: fc.nat(31),
    state: fc.constantFrom('AdminDown', 'Down', 'Init', 'Up'),
    poll: fc.boolean(),
    final: fc.boolean(),
    controlPlaneIndependent: fc.boolean(),
    demand: fc.boolean(),
    multipoint: fc.boolean(),
    multiplier: fc.nat(255),
    myDiscriminator: uint32,
    yourDiscriminator: uint32,
    desiredMinTx: interval,
    requiredMinRx: interval,
    requiredMinEchoRx: interval,
    authentication: fc.option(fc.uint8Array({ minLength: 2, maxLength: 231 })),
  },
  { noNullPrototype: true },
);

test(`a BFD packet comes back from its bytes, and ${RUNS} random and mutated byte strings never throw`, () => {
  fc.assert(
    fc.property(packets, (packet) => {
      assert.deepEqual(decodeBfd(encodeBfd(packet)), { ok: true, value: packet });
    }),
  );
  const good = encodeBfd({
    diagnostic: 0,
    state: 'Up',
    poll: false,
    final: false,
    controlPlaneIndependent: false,
    demand: false,
    multipoint: false,
    multiplier: 3,
    myDiscriminator: 22,
    yourDiscriminator: 1,
    desiredMinTx: micros(100_000),
    requiredMinRx: micros(100_000),
    requiredMinEchoRx: micros(0),
    authentication: null,
  });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .tuple(fc.array(fc.tuple(fc.nat(23), fc.nat(255)), { maxLength: 3 }), fc.integer({ min: 20, max: 30 }))
      .map(([changes, length]) => {
        const mutated = new Uint8Array(length);
        mutated.set(good.subarray(0, length));
        for (const [at, value] of changes) if (at < length) mutated[at] = value;
        return mutated;
      }),
  );
  const ends = { source: ip('10.9.0.2'), destination: ip('10.9.0.1'), ttl: 255 };
  let accepted = 0;
  fc.assert(
    fc.property(bytes, (payload) => {
      const decoded = decodeBfd(payload);
      if (decoded.ok) assert.deepEqual(decodeBfd(encodeBfd(decoded.value)), decoded);
      const end = new BfdEnd();
      end.step({ on: 'tick' }, 0);
      const outcome = acceptBfd([end], BFD_PORT, { ...ends, payload });
      if (!outcome.ok) return;
      accepted++;
      end.hear(outcome.value.packet, 1000);
      assert.ok(end.deadline >= 1000, 'no deadline in the past');
    }),
    { numRuns: RUNS },
  );
  assert.ok(accepted > 1000, `some mutations stay good (${accepted})`);
});

const configs = fc
  .record({
    minRx: fc.integer({ min: 10, max: 300 }),
    minTx: fc.integer({ min: 10, max: 300 }),
    idleTx: fc.integer({ min: 100, max: 1000 }),
    multiplier: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ minRx, minTx, idleTx, multiplier }) =>
    bfdConfig({
      minRx: micros(minRx * 1000),
      minTx: micros(minTx * 1000),
      idleTx: micros(idleTx * 1000),
      multiplier,
    }),
  );

test('two ends of any configuration come up, stay up, find a cut out in time, and come up again', () => {
  fc.assert(
    fc.property(
      configs,
      configs,
      fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 7 }),
      (a, b, draws) => {
        let drawn = 0;
        const random = () => draws[drawn++ % draws.length] ?? 0;
        const wire = new BfdWire(new BfdEnd(a, 1, 0, random), new BfdEnd(b, 2, 0, random));
        const [first] = wire.ends;
        wire.run(10e6, () => wire.states === 'Up Up');
        assert.equal(wire.states, 'Up Up');
        wire.run(20e6, () => wire.states !== 'Up Up');
        assert.equal(wire.states, 'Up Up', 'nothing is lost, so it stays up');
        wire.passes = [true, false];
        const cutAt = wire.now;
        const detection = b.multiplier * Math.max(a.minRx, b.minTx);
        wire.run(60e6, () => first.session.state !== 'Up');
        // What was on its way when the cable was cut still arrives, 1 ms later.
        assert.ok(wire.now - cutAt <= detection + 1000, `${wire.now - cutAt} > ${detection}`);
        wire.passes = [true, true];
        wire.run(20e6, () => wire.states === 'Up Up');
        assert.equal(wire.states, 'Up Up');
      },
    ),
    { numRuns: 100 },
  );
});
