import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyServer } from '../../src/config/schema/services.ts';
import { usualServer } from '../../src/config/schema/usual-server.ts';

/** More for a long fuzz: LBD_FUZZ_RUNS=100000. */
const RUNS = Number(process.env['LBD_FUZZ_RUNS'] ?? 4000);

test('a server that is read quickly is what the schema makes of it', () => {
  const some = fc.constantFrom<unknown>(
    ...[
      '10.0.0.1',
      '0.0.0.0',
      '224.0.0.1',
      '::1',
      'ff02::1',
      '[::1]:80',
      '1.2.3.4:80',
      '1.2.3.4:0',
      'x',
      '',
      '80',
    ],
    ...[80, 0, -1, 1.5, 65_535, 65_536, 2_147_483_647, 2_147_483_648, Number.NaN, null, true, undefined, []],
  );
  const server = fc.oneof(
    some,
    fc.record({ address: some, port: some, weight: some }, { requiredKeys: [] }),
    fc.record(
      { address: fc.constant('10.0.0.1'), port: fc.nat(70_000), weight: fc.nat() },
      { requiredKeys: ['address'] },
    ),
    fc.record({ address: fc.constant('10.0.0.1'), weight: some, check: fc.constant('none') }),
  );
  let found = 0;
  fc.assert(
    fc.property(server, (written) => {
      const quick = usualServer(written);
      if (quick === null) return;
      found++;
      assert.deepEqual({ success: true, data: quick }, anyServer.safeParse(written));
    }),
    { numRuns: RUNS },
  );
  assert.ok(found > RUNS / 20, `only ${found} of ${RUNS} servers were compared`);
});
