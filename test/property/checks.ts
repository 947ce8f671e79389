import fc from 'fast-check';
import { type Ip, ipFamily } from '../../src/base/ip.ts';
import { type Millis, millis } from '../../src/base/units.ts';
import { DNS_TYPES } from '../../src/config/schema/checks.ts';
import type {
  BodyMatch,
  CheckConfig,
  HttpRequest,
  ProbeConfig,
  TlsConfig,
  UdpReply,
} from '../../src/model/check.ts';
import type { DestKey } from '../../src/model/services.ts';

const DAY = 86_400_000;

export const usually = <T>(value: T, otherwise: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof(fc.constant(value), otherwise);

/** Where keepalived has only one way. */
const mostly = <T>(value: T, otherwise: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: otherwise });

export const ms = (usual: number, least: number): fc.Arbitrary<Millis> =>
  usually(
    usual,
    fc.oneof(
      fc.constantFrom(1, 500, 1000, 1500, 3000, 60_000, 90_000, 3_600_000, DAY),
      fc.integer({ min: least, max: DAY }),
    ),
  ).map(millis);

export const timing = ms(60_000, 1).chain((interval) =>
  fc.record({
    timeout: ms(5000, 1),
    interval: fc.constant(interval),
    retry: usually(1, fc.integer({ min: 0, max: 1000 })),
    delayBeforeRetry: ms(1000, 0),
    rise: mostly(1, fc.integer({ min: 1, max: 1000 })),
    warmup: ms(interval, 0),
    alpha: fc.boolean(),
  }),
);
export type Timing = typeof timing extends fc.Arbitrary<infer T> ? T : never;

const words = (most: number, chars: string) =>
  fc.string({ unit: fc.constantFrom(...chars), minLength: 1, maxLength: most });
const orNull = <T>(otherwise: fc.Arbitrary<T>): fc.Arbitrary<T | null> => usually<T | null>(null, otherwise);

const host = fc.constantFrom(
  'www.example.org',
  'a',
  'b:8443',
  '10.0.0.1',
  '10.0.0.1:80',
  '[2001:db8::1]',
  'null',
  '#x',
);
const path = fc.oneof(
  fc.constantFrom('/', '/a?b=c#d', '/{x}', "/it's", '/"q"', '/\\', '/$a', '*', '/ü'),
  words(9, '/a%.').map((text) => `/${text}`),
);
const bytes = (most: number) => fc.uint8Array({ maxLength: most });

const body: fc.Arbitrary<BodyMatch> = fc.record({
  pattern: fc.constantFrom(
    'ok',
    '^<html>',
    'a "b"',
    "it's",
    '\\d+\\.html$',
    '[{}]x',
    ' x ',
    '#!',
    '$',
    '$a',
    'null',
    '//',
  ),
  flags: fc.constantFrom('', 'i', 'ims', 's'),
  isNegated: fc.boolean(),
  from: orNull(fc.nat(100)),
  to: orNull(fc.integer({ min: 100, max: 9999 })),
});

const request: fc.Arbitrary<HttpRequest> = fc.record({
  method: mostly('GET', fc.constantFrom('HEAD', 'POST')),
  path,
  host: orNull(host),
  headers: mostly<HttpRequest['headers']>(
    [],
    fc.constantFrom<HttpRequest['headers']>(
      [['X-Who', 'lb']],
      [['User-Agent', 'KeepAliveClient']],
      [
        ['A', ''],
        ['no', 'yes'],
      ],
    ),
  ),
  expect: fc.record({
    status: usually<HttpRequest['expect']['status']>(
      [[200, 299]],
      fc.constantFrom<HttpRequest['expect']['status']>(
        [[200, 200]],
        [
          [301, 302],
          [404, 404],
        ],
      ),
    ),
    digest: orNull(fc.constantFrom('0'.repeat(32), 'd41d8cd98f00b204e9800998ecf8427e')),
    body: orNull(body),
  }),
});

const tls: fc.Arbitrary<TlsConfig> = fc
  .record({
    serverName: mostly<string | null>(null, fc.constantFrom('www.example.org', 'b', 'false')),
    verify: mostly(false, fc.constant(true)),
    ca: orNull(fc.constantFrom('/etc/ca.pem', '/with blank')),
    own: orNull(fc.constantFrom('/etc/a', "/it's")),
    expiryWarning: mostly<Millis | null>(null, fc.constantFrom(1000, 14 * DAY).map(millis)),
  })
  .map(({ own, ca, ...rest }) => ({
    serverName: rest.serverName,
    verify: rest.verify,
    ca: rest.verify ? ca : null,
    certificate: own,
    key: own === null ? null : `${own}.key`,
    expiryWarning: rest.expiryWarning,
  }));

const reply: fc.Arbitrary<UdpReply> = fc
  .array(fc.tuple(fc.nat(255), fc.constantFrom(0xff, 0xf0, 0x0f, 0)), { maxLength: 4 })
  .chain((pairs) =>
    fc.record({
      bytes: fc.constant(Uint8Array.from(pairs, ([byte, mask]) => byte & mask)),
      mask: fc.constant(Uint8Array.from(pairs, ([, mask]) => mask)),
      least: usually(0, fc.nat(200)),
      most: usually(255, fc.integer({ min: 200, max: 65_535 })),
    }),
  );

/** Where a check goes: `target` in place of the server's own. */
const reach = (own: DestKey, target: Partial<DestKey>, sources: readonly Ip[]) => {
  const at = { ...own, ...target };
  const port = at.port === 0 ? 80 : at.port;
  const fitting = sources.filter((ip) => ipFamily(ip) === ipFamily(at.address));
  return fc.record({
    target: fc.constant({ address: at.address, port }),
    source: fc.record({
      address: fitting.length === 0 ? fc.constant(null) : orNull(fc.constantFrom(...fitting)),
      port: orNull(fc.constantFrom(1, 4000)),
      interface: orNull(fc.constantFrom('eth0', '#a')),
      fwmark: orNull(fc.constantFrom(1, 4_294_967_295)),
    }),
  });
};

/** What checks of every kind ask but for those that follow something. */
export const probe = (
  own: DestKey,
  target: Partial<DestKey>,
  sources: readonly Ip[],
): fc.Arbitrary<ProbeConfig> =>
  reach(own, target, sources).chain((at) => {
    const kinds: fc.Arbitrary<ProbeConfig>[] = [
      fc.constant({ type: 'tcp', ...at }),
      fc.record({
        type: fc.constant('http' as const),
        tls: orNull(tls),
        version: fc.constantFrom('1.0', '1.0C', '1.1'),
        requests: fc.array(request, { minLength: 1, maxLength: 2 }),
        fastRecovery: fc.boolean(),
        target: fc.constant(at.target),
        source: fc.constant(at.source),
      }),
      fc.record({
        type: fc.constant('smtp' as const),
        helo: usually('smtpchecker.keepalived.org', host),
        target: fc.constant(at.target),
        source: fc.constant(at.source),
      }),
      fc.record({
        type: fc.constant('dns' as const),
        question: fc.constantFrom(...DNS_TYPES),
        name: fc.constantFrom('.', 'example.org', '_a.b.'),
        target: fc.constant(at.target),
        source: fc.constant(at.source),
      }),
      fc.record({
        type: fc.constant('udp' as const),
        payload: bytes(5),
        reply: orNull(reply),
        target: fc.constant(at.target),
        source: fc.constant(at.source),
      }),
      fc.constant({
        type: 'ping',
        // A ping has no ports.
        target: { ...at.target, port: own.port },
        source: { ...at.source, port: null },
      }),
      fc.record({
        type: fc.constant('misc' as const),
        command: fc.record({
          argv: fc.constantFrom<readonly [string, ...string[]]>(
            ['/bin/true'],
            ['/a b', 'no', '"', '$x'],
            ['x', ''],
          ),
          user: orNull(fc.constantFrom('nobody', 'no')),
          group: fc.constant(null),
        }),
        isDynamic: fc.boolean(),
      }),
    ];
    return fc.oneof(...kinds);
  });

/** Checks of a service have few timings and targets, as those of people have. */
export const checkOf = (
  own: DestKey,
  timings: readonly Timing[],
  target: Partial<DestKey>,
  sources: readonly Ip[],
): fc.Arbitrary<CheckConfig> =>
  fc
    .constantFrom(target, target, {})
    .chain((at) => fc.tuple(fc.constantFrom(...timings), probe(own, at, sources)))
    .map(([timed, asked]) => ({ ...timed, ...asked }));
