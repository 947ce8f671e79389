import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Family, type Ip, ipFromBytes } from '../../src/base/ip.ts';
import { wordsOf } from '../../src/config/routes/line.ts';
import { METRICS, RTAX_LOCK } from '../../src/config/routes/metrics.ts';
import { STANDARD_NAMES } from '../../src/config/routes/names.ts';
import { parseRoute } from '../../src/config/routes/parse-route.ts';
import { parseRule } from '../../src/config/routes/parse-rule.ts';
import { printRoute } from '../../src/config/routes/print-route.ts';
import { printRule } from '../../src/config/routes/print-rule.ts';
import type { RouteConfig, RouteType, RuleConfig, Subnet } from '../../src/model/routes.ts';
import { decodeRouteKey, encodeRoute, keyOfRoute } from '../../src/wire/rtnl-route.ts';
import { decodeRule, encodeRule } from '../../src/wire/rtnl-rule.ts';

const width = (family: Family) => (family === 'inet' ? 4 : 16);
const hosts = (family: Family): fc.Arbitrary<Ip> =>
  fc
    .uint8Array({ minLength: width(family), maxLength: width(family) })
    .map((bytes) => ipFromBytes(bytes.with(0, family === 'inet' ? 10 : 0x20)));
const subnets = (family: Family): fc.Arbitrary<Subnet> =>
  fc
    .tuple(
      hosts(family),
      fc.uint8Array({ minLength: width(family), maxLength: width(family) }),
      fc.nat(width(family) * 8 - 1),
    )
    .map(([, bytes, less]) => {
      const prefix = less + 1;
      const kept = bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))));
      return { address: ipFromBytes(kept), prefix };
    });
const devices = fc.constantFrom('eth0', 'bond0.7', 'lo', 'via', 'default');
const families: fc.Arbitrary<Family> = fc.constantFrom('inet', 'inet6');
const numbers = fc.integer({ min: 1, max: 0xffff_ffff });

const metrics = fc
  .uniqueArray(fc.constantFrom(...Object.values(METRICS).filter(({ id }) => id !== 12 && id !== 10)), {
    maxLength: 4,
  })
  .chain((chosen) => fc.tuple(fc.constant(chosen), fc.boolean()))
  .map(([chosen, isLocked]) => {
    const pairs = chosen.map(({ id }): [number, number] => [id, id === 15 || id === 17 ? 1 : 100 + id]);
    const [first] = pairs;
    const lock: [number, number][] = isLocked && first !== undefined ? [[RTAX_LOCK, 1 << first[0]]] : [];
    return [...lock, ...pairs].toSorted(([a], [b]) => a - b);
  });

const hops = (family: Family): fc.Arbitrary<RouteConfig['nexthops']> =>
  fc
    .array(
      fc.record(
        {
          via: fc.option(fc.oneof(hosts(family), hosts('inet6'))),
          dev: devices,
          weight: fc.integer({ min: 1, max: 256 }),
          onlink: fc.boolean(),
        },
        { noNullPrototype: true },
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((all) =>
      all.map((hop) => ({
        ...hop,
        onlink: hop.onlink && hop.via !== null,
        weight: all.length === 1 ? 1 : hop.weight,
      })),
    );

const routes: fc.Arbitrary<RouteConfig> = families.chain((family) =>
  fc
    .record(
      {
        family: fc.constant(family),
        type: fc.constantFrom<RouteType>('unicast', 'local', 'blackhole', 'unreachable', 'prohibit', 'throw'),
        destination: fc.oneof(
          subnets(family),
          fc.constant({ address: (family === 'inet' ? '0.0.0.0' : '::') as Ip, prefix: 0 }),
        ),
        from: family === 'inet' ? fc.constant(null) : fc.option(subnets(family)),
        source: fc.option(hosts(family)),
        table: numbers,
        metric: fc.option(numbers),
        scope: family === 'inet' ? fc.integer({ min: 0, max: 255 }) : fc.constant(0),
        protocol: fc.integer({ min: 1, max: 255 }),
        tos: family === 'inet' ? fc.nat(63).map((n) => n * 4) : fc.constant(0),
        nexthops: hops(family),
        metrics,
        noTrack: fc.boolean(),
      },
      { noNullPrototype: true },
    )
    .map((route) => ({
      ...route,
      nexthops: ['unicast', 'local'].includes(route.type) ? route.nexthops : [],
    })),
);

const rules: fc.Arbitrary<RuleConfig> = families.chain((family) =>
  fc
    .record(
      {
        family: fc.constant(family),
        action: fc.constantFrom<RuleConfig['action']>(
          'lookup',
          'goto',
          'blackhole',
          'unreachable',
          'prohibit',
        ),
        not: fc.boolean(),
        from: fc.option(subnets(family)),
        to: fc.option(subnets(family)),
        iif: fc.option(devices),
        oif: fc.option(devices),
        fwmark: fc.option(fc.record({ mark: numbers, mask: numbers }, { noNullPrototype: true })),
        tos: fc.nat(63).map((n) => n * 4),
        table: numbers,
        preference: fc.nat(0x7fff_ffff),
        target: fc.constant(null),
        noTrack: fc.boolean(),
      },
      { noNullPrototype: true },
    )
    .map((rule) => ({
      ...rule,
      table: rule.action === 'lookup' ? rule.table : 0,
      target: rule.action === 'goto' ? rule.preference + 1 : null,
    })),
);

test('a printed route parses back to itself, and its message has its key', () => {
  fc.assert(
    fc.property(routes, (route) => {
      assert.deepEqual(
        parseRoute(wordsOf(printRoute(route)), STANDARD_NAMES),
        { ok: true, value: route },
        printRoute(route),
      );
      const bytes = encodeRoute(
        route,
        route.nexthops.map(() => 7),
      );
      assert.deepEqual(decodeRouteKey(bytes), { ok: true, value: keyOfRoute(route) });
    }),
  );
});

test('a printed rule parses back to itself, and its message too', () => {
  fc.assert(
    fc.property(rules, (rule) => {
      assert.deepEqual(parseRule(wordsOf(printRule(rule)), STANDARD_NAMES), { ok: true, value: rule });
      const { noTrack, ...inKernel } = rule;
      assert.deepEqual(decodeRule(encodeRule(inKernel)), { ok: true, value: inKernel });
    }),
  );
});

test('no words and no bytes make a parser or a decoder throw', () => {
  const word = fc.oneof(
    fc.constantFrom(
      ...wordsOf(
        'default via or dev nexthop weight mtu lock table src inet6 from to not fwmark goto 10.0.0.0/8 :: 7',
      ),
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(word), fc.uint8Array(), (words, bytes) => {
      const places = [parseRoute(words, STANDARD_NAMES), parseRule(words, STANDARD_NAMES)];
      for (const result of places) assert.ok(result.ok || result.error.at <= words.length);
      decodeRouteKey(bytes);
      decodeRule(bytes);
    }),
  );
});
