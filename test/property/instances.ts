import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Family, type Ip, ipFamily } from '../../src/base/ip.ts';
import type { Mac } from '../../src/base/mac.ts';
import type { Result } from '../../src/base/result.ts';
import { type Centis, centis, type Micros, micros, seconds } from '../../src/base/units.ts';
import { wordsOf } from '../../src/config/routes/line.ts';
import { STANDARD_NAMES } from '../../src/config/routes/names.ts';
import { numberRules } from '../../src/config/routes/number-rules.ts';
import { parseRoute } from '../../src/config/routes/parse-route.ts';
import { parseRule } from '../../src/config/routes/parse-rule.ts';
import { subnetAddress } from '../../src/config/subnet.ts';
import {
  ADDRESS_FLAGS,
  ADDRESS_SCOPES,
  type AddressFlag,
  type AddressScope,
  type VirtualAddress,
} from '../../src/model/addresses.ts';
import type { HmacConfig, InstanceConfig, Transport, VmacConfig } from '../../src/model/config.ts';
import { NO_NOTIFY } from '../../src/model/notify.ts';

/** What instances are made of besides themselves. */
export interface Parts {
  readonly name: fc.Arbitrary<string>;
  readonly device: fc.Arbitrary<string>;
  /** Printable text without blanks of 1 to so many characters. */
  readonly ascii: (most: number) => fc.Arbitrary<string>;
  readonly host: (v4: boolean, v6: boolean) => fc.Arbitrary<Ip>;
  /** Milliseconds, mostly the usual. */
  readonly pause: (usual: number) => fc.Arbitrary<Micros>;
}

const usually = <T>(value: T, otherwise: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(value), weight: 2 }, otherwise);
const rarely = usually(false, fc.boolean());
const ttl = fc.integer({ min: 1, max: 255 });

/** Every instance that the readers can give, without what it follows and whom it tells. */
export const instanceOf = (parts: Parts): fc.Arbitrary<InstanceConfig> =>
  fc
    .tuple(parts.device, fc.constantFrom<Family>('inet', 'inet6'), fc.constantFrom<2 | 3>(2, 3))
    .chain(([own, family, wanted]) => {
      const version = family === 'inet6' ? 3 : wanted;
      return fc
        .record({
          name: parts.name,
          interface: fc.constant(own),
          family: fc.constant(family),
          version: fc.constant(version),
          vrid: fc.integer({ min: 1, max: 255 }),
          priority: usually(100, fc.integer({ min: 1, max: 255 })),
          preempt: fc.boolean(),
          preemptDelay: usually(0, fc.integer({ min: 0, max: 1_000_000 })).map((ms) => micros(ms * 1000)),
          advertInterval: intervalOf(version),
          authentication: usually(
            null,
            fc.record({ type: fc.constant('pass' as const), password: parts.ascii(8) }),
          ),
          hmac: usually(null, hmac(parts)),
          sourceAddress: usually(null, hostOf(parts, family)),
          transport: transportOf(parts, family),
          checksum: usually('rfc5798', fc.constantFrom('rfc5798' as const, 'rfc9568' as const)),
          downTimerAdverts: usually(3, fc.integer({ min: 1, max: 100 })),
          lease: usually('serve', fc.constantFrom('serve' as const, 'strict' as const, 'off' as const)),
          takeover: usually(
            null,
            fc.record({
              // No virtual address of any instance.
              gateway: usually(
                null,
                fc.constant((family === 'inet' ? '198.51.100.254' : '2001:db8:ffff::fe') as Ip),
              ),
              suspectHold: usually<Micros | null>(
                null,
                fc.integer({ min: 0, max: 3_600_000 }).map((ms) => micros(ms * 1000)),
              ),
              witness: fc.constantFrom(null, 'required' as const, 'preferred' as const),
            }),
          ),
          allowedSources: usually(null, fc.array(hostOf(parts, family), { minLength: 1, maxLength: 3 })),
          virtualAddresses: fc.array(addressOf(parts, own, family), { minLength: 0, maxLength: 4 }),
          excludedAddresses: usually(
            [],
            fc.array(fc.oneof(addressOf(parts, own, 'inet'), addressOf(parts, own, 'inet6')), {
              maxLength: 3,
            }),
          ),
          routes: usually([], fc.subarray(ROUTES)),
          rules: usually([], fc.subarray(RULES)),
          accept: usually(true, fc.boolean()),
          answersLower: usually(true, fc.boolean()),
          advertisesOnYield: rarely,
          ownerIgnoresAdverts: rarely,
          vmac: usually(null, vmacOf(own)),
          addressVmacs: fc.constant([]),
          garp: garp(parts),
          tracksInterface: usually(true, fc.boolean()),
          tracksSource: rarely,
          tracks: fc.constant([]),
          promoteSecondaries: rarely,
          notify: fc.constant(NO_NOTIFY),
        })
        .map(legal);
    });

/** What rules between settings leave of it. */
function legal(vi: InstanceConfig): InstanceConfig {
  const preempt = vi.preempt || vi.priority === 255;
  const { vmac } = vi;
  const onVmac = (address: VirtualAddress) =>
    vmac !== null && address.dev === vi.interface && ipFamily(address.address) === vi.family
      ? { ...address, dev: vmac.name }
      : address;
  // An instance without addresses and peers has nothing that tells its family.
  const isBare = vi.virtualAddresses.length === 0;
  const telling = vi.transport.kind === 'unicast' ? vi.transport.peers[0]?.address : undefined;
  const told = telling ?? vi.sourceAddress;
  const isLost = isBare && vi.family === 'inet6' && (told === null || ipFamily(told) === 'inet');
  return {
    ...vi,
    preempt,
    vmac:
      vmac === null
        ? null
        : { ...vmac, transmitsOnBase: vmac.transmitsOnBase || vi.transport.kind === 'unicast' },
    preemptDelay: preempt && vi.priority !== 255 ? vi.preemptDelay : seconds(0),
    lease:
      vi.lease === 'strict' &&
      Math.floor((vi.downTimerAdverts * vi.advertInterval) / 100) - 1 < (1.2 * vi.advertInterval) / 100
        ? 'off'
        : vi.lease,
    allowedSources: vi.transport.kind === 'unicast' ? null : vi.allowedSources,
    authentication: vi.version === 2 && vi.hmac === null ? vi.authentication : null,
    virtualAddresses: isLost
      ? [{ ...PLAIN, address: '2001:db8::100' as Ip, prefix: 64, dev: vmac?.name ?? vi.interface }]
      : vi.virtualAddresses.map(onVmac),
    excludedAddresses: vi.excludedAddresses.map(onVmac),
  };
}

const sound = <T>(result: Result<T, unknown>): T => {
  assert.ok(result.ok);
  return result.value;
};
const ROUTES = [
  '10.9.0.0/16 via 10.0.0.254 dev eth1 metric 5',
  'blackhole 2001:db8:9::/48 table 100 no_track',
].map((text) => sound(parseRoute(wordsOf(text), STANDARD_NAMES)));
const RULES = [
  ...numberRules()(
    ['from 10.9.0.0/16 table 100 preference 1000', 'fwmark 7 blackhole preference 1001'].map((text) =>
      sound(parseRule(wordsOf(text), STANDARD_NAMES)),
    ),
  ),
];

const PLAIN = {
  scope: 'global',
  label: null,
  broadcast: null,
  peer: null,
  flags: [],
  preferredLifetime: null,
  noTrack: false,
} as const;

const intervalOf = (version: 2 | 3): fc.Arbitrary<Centis> =>
  version === 2
    ? usually(1, fc.integer({ min: 1, max: 255 })).map((n) => centis(n * 100))
    : usually(100, fc.integer({ min: 1, max: 4095 })).map(centis);

const hostOf = (parts: Parts, family: Family) => parts.host(family === 'inet', family === 'inet6');

export const secretOf = (parts: Pick<Parts, 'ascii'>): fc.Arbitrary<HmacConfig['keys'][number]['secret']> =>
  fc.oneof(
    fc.uint8Array({ minLength: 32, maxLength: 64 }).map((bytes) => ({ kind: 'bytes' as const, bytes })),
    parts.ascii(20).map((path) => ({ kind: 'file' as const, path: `/etc/${path}` })),
  );

const hmac = (parts: Parts): fc.Arbitrary<HmacConfig> =>
  fc
    .uniqueArray(
      fc.record({
        id: fc.integer({ min: 1, max: 255 }),
        secret: secretOf(parts),
      }),
      { minLength: 1, maxLength: 3, selector: ({ id }) => id },
    )
    .chain((some) => {
      const keys = some.toSorted((a, b) => a.id - b.id);
      return fc.record({
        keys: fc.constant(keys),
        activeKey: fc.constantFrom(...keys.map(({ id }) => id)),
        antiReplay: fc.constantFrom('time' as const, 'monotonic' as const),
        window: fc.integer({ min: 1, max: 300 }).map(seconds),
        mode: fc.constantFrom('enforce' as const, 'permissive' as const, 'receive-only' as const),
      });
    });

function transportOf(parts: Parts, family: Family): fc.Arbitrary<Transport> {
  const usual = (family === 'inet' ? '224.0.0.18' : 'ff02::12') as Ip;
  const other = (family === 'inet' ? '239.1.2.3' : 'ff02::99') as Ip;
  const multicast = fc.record({
    kind: fc.constant('multicast' as const),
    group: usually(usual, fc.constant(other)),
  });
  const unicast = fc.record({
    kind: fc.constant('unicast' as const),
    peers: fc.uniqueArray(
      fc.record({
        address: hostOf(parts, family),
        minTtl: usually(0, ttl),
        maxTtl: fc.constant(255),
      }),
      { maxLength: 3, selector: ({ address }) => address },
    ),
    ttl: usually(255, ttl),
    checkSource: fc.boolean(),
    faultWithoutPeer: fc.boolean(),
  });
  return fc.oneof({ arbitrary: multicast, weight: 2 }, unicast);
}

const scopes = usually('global', fc.constantFrom(...(Object.keys(ADDRESS_SCOPES) as AddressScope[])));

const addressOf = (parts: Parts, own: string, family: Family): fc.Arbitrary<VirtualAddress> =>
  fc
    .record({
      address: hostOf(parts, family),
      prefix:
        family === 'inet'
          ? fc.oneof(fc.constantFrom(32, 24), fc.integer({ min: 0, max: 32 }))
          : fc.oneof(fc.constantFrom(128, 64), fc.integer({ min: 0, max: 128 })),
      dev: usually(own, parts.device),
      scope: family === 'inet' ? scopes : fc.constant<AddressScope>('global'),
      label: family === 'inet' ? usually<string | null>(null, parts.ascii(15)) : fc.constant(null),
      brd:
        family === 'inet'
          ? fc.oneof(fc.constantFrom<'+' | '-' | null>(null, '+', '-'), parts.host(true, false))
          : fc.constant(null),
      peer: usually(null, hostOf(parts, family)),
      flags: usually([], fc.subarray(Object.keys(ADDRESS_FLAGS) as AddressFlag[])),
      preferredLifetime: usually(null, fc.integer({ min: 0, max: 0xfffffffe })),
      noTrack: rarely,
    })
    .map(({ brd, ...rest }) => ({
      ...rest,
      broadcast:
        typeof brd === 'string' && brd.length === 1
          ? subnetAddress(rest, brd as '+' | '-')
          : (brd as Ip | null),
    }));

const vmacOf = (own: string): fc.Arbitrary<VmacConfig> =>
  fc.record({
    name: fc.integer({ min: 1, max: 99_999 }).map((n) => `vrrp.x${n}`),
    base: fc.constant(own),
    mac: fc.constantFrom('00:00:5e:00:01:33', '02:aa:bb:cc:dd:ee').map((text) => text as Mac),
    transmitsOnBase: fc.boolean(),
  });

const garp = ({ pause }: Parts) =>
  fc.record({
    delay: pause(5000),
    repeat: usually(5, fc.integer({ min: 1, max: 100 })),
    refresh: pause(0),
    refreshRepeat: usually(1, fc.integer({ min: 1, max: 100 })),
    lowerDelay: pause(5000),
    lowerRepeat: usually(5, fc.integer({ min: 0, max: 100 })),
    extraInterface: usually(0, fc.integer({ min: 0, max: 86_400 })).map(seconds),
  });
