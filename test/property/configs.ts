import fc from 'fast-check';
import { type Ip, ipFamily, parseIp } from '../../src/base/ip.ts';
import { type Micros, micros, millis } from '../../src/base/units.ts';
import { ofInstances } from '../../src/config/compose/dataplane.ts';
import { objectName } from '../../src/config/schema/scalars.ts';
import type { CheckConfig } from '../../src/model/check.ts';
import {
  type Config,
  type HeartbeatConfig,
  type HmacKey,
  type InstanceConfig,
  NO_STATICS,
  type QuorumConfig,
  type ServerConfig,
  type ServiceConfig,
  type SorryServerConfig,
} from '../../src/model/config.ts';
import type { DataplaneConfig } from '../../src/model/dataplane.ts';
import type { FlowSyncConfig } from '../../src/model/flow-sync.ts';
import type { IpvsConfig, SyncDaemonConfig } from '../../src/model/ipvs-settings.ts';
import { NO_SINKS } from '../../src/model/notify.ts';
import { NO_SCRIPTS, type ScriptCommand } from '../../src/model/script.ts';
import {
  type DestKey,
  destKey,
  type Forward,
  type Persistence,
  type ServiceAttrs,
  type ServiceKey,
  serviceKey,
  type Tunnel,
} from '../../src/model/services.ts';
import { checkOf, ms, type Timing, timing, usually } from './checks.ts';
import { instanceOf, secretOf } from './instances.ts';

/** Words that YAML or keepalived may take for something else than themselves. */
const TRAPS = [
  ...['no', 'on', 'Y', '12', '010', '0x1F', '1e3', '1.5', '.5', 'null', 'true', '0', '22:22', '1_000', '-'],
  ...[
    '12345678',
    '!a',
    '#a',
    '&a',
    '*a',
    '{a}',
    '[a',
    "a'b",
    'a"b',
    'a\\b',
    '%a',
    '@a',
    '`a',
    'a:',
    'a,b',
    '|',
  ],
  ...['>', '?', ':', '$a', '~', '<<', 'a#b', '~SEQ(', '.nan', '-.inf', '$', '---', '...', '2001-01-01'],
];

const ascii = (maxLength: number) =>
  fc.oneof(
    fc.constantFrom(...TRAPS.filter((trap) => trap.length <= maxLength)),
    fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength,
    }),
  );
const device = fc.oneof(
  fc.constantFrom('eth0', 'eth1', 'bond0.100', 'no', '1', 'br-lan'),
  ascii(15).filter((name) => /^(?!\.{1,2}$)[^/:]+$/.test(name)),
);
const name = fc
  .oneof(
    fc.constantFrom(
      'VI_1',
      'web',
      '10.0.0.1:tcp:80',
      'fwmark:7',
      'fwmark:8:inet6',
      '[2001:db8::80]:tcp:80',
      'ünïcode',
      ...TRAPS,
    ),
    fc.string({ unit: fc.constantFrom(...'abzAZ019_.:-ß水 /+()[]'), minLength: 1, maxLength: 64 }),
  )
  .filter((text) => objectName.safeParse(text).success);

const host = (v4: boolean, v6: boolean): fc.Arbitrary<Ip> =>
  fc
    .oneof(
      ...(v4 ? [fc.constantFrom('10.0.0.1', '10.0.0.2', '192.0.2.255'), fc.ipV4()] : []),
      ...(v6
        ? [fc.constantFrom('2001:db8::1', 'fe80::', '::1', '2001:db8:0:1::', '::ffff:10.0.0.1'), fc.ipV6()]
        : []),
    )
    .map(parseIp)
    .filter((ip): ip is Ip => ip !== null && isUnicast(ip));
const isUnicast = (ip: Ip) =>
  ip.includes(':')
    ? ip !== '::' && !ip.startsWith('ff')
    : !/^(0|22[4-9]|23\d)\.|^255\.255\.255\.255$/.test(ip);

const pause = (usual: number): fc.Arbitrary<Micros> =>
  fc.oneof(ms(usual, 0), fc.constant(0)).map((wait) => micros(wait * 1000));
const number = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constantFrom(2_147_483_647));

const instance: fc.Arbitrary<InstanceConfig> = instanceOf({ name, device, ascii, host, pause });

const heartbeat = (v4: boolean): fc.Arbitrary<HeartbeatConfig> =>
  fc.record({
    key: secretOf({ ascii }),
    paths: fc.uniqueArray(
      fc
        .record({
          local: host(v4, !v4),
          peer: host(v4, !v4).filter((peer) => !/^fe[89ab]/.test(peer)),
          port: usually(7112, fc.integer({ min: 1, max: 65_535 })),
          interval: usually(200, fc.integer({ min: 20, max: 10_000 })).map((wait) => micros(wait * 1000)),
          failover: fc.boolean(),
          witness: fc.boolean(),
        })
        .map((one) => ({ ...one, failover: one.failover && !one.witness }))
        .filter(({ local, peer }) => local !== peer),
      { minLength: 1, maxLength: 3, selector: ({ peer }) => peer },
    ),
  });

/** Directors of one family, all different. */
const flowSync: fc.Arbitrary<FlowSyncConfig> = fc.boolean().chain((v4) =>
  fc
    .record({
      ends: fc.uniqueArray(
        host(v4, !v4).filter((peer) => !/^fe[89ab]/.test(peer)),
        { minLength: 2, maxLength: 4 },
      ),
      port: usually(7113, fc.integer({ min: 1, max: 65_535 })),
    })
    .map(({ ends: [local, ...peers], port }) => ({ local: local as Ip, peers, port })),
);

const key: fc.Arbitrary<ServiceKey> = fc.oneof(
  fc.record({
    kind: fc.constant('address' as const),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
    address: host(true, true),
    port: fc.oneof(fc.constantFrom(80, 443, 0), fc.integer({ min: 1, max: 65_535 })),
  }),
  fc.record({
    kind: fc.constant('fwmark' as const),
    fwmark: fc.integer({ min: 1, max: 4_294_967_295 }),
    family: fc.constantFrom('inet' as const, 'inet6' as const),
  }),
);

const attrsOf = (of: ServiceKey, inet6: boolean): fc.Arbitrary<ServiceAttrs> => {
  const persistence: fc.Arbitrary<Persistence> = fc.record({
    timeout: fc.oneof(fc.constantFrom(300, 360, 3600), fc.integer({ min: 1, max: 31 * 86_400 })),
    prefix: usually(inet6 ? 128 : 32, fc.integer({ min: 1, max: inet6 ? 128 : 32 })),
    engine: usually<string | null>(null, fc.constant('sip')),
  });
  return fc.record({
    scheduler: fc.constantFrom('wlc', 'rr', 'sh', 'mh', 'lblcr', 'twos'),
    schedulerFlags: fc.subarray([1, 2, 3] as const),
    persistence: of.kind === 'address' && of.port === 0 ? persistence : usually(null, persistence),
    onePacket: of.kind === 'fwmark' || of.protocol === 'udp' ? fc.boolean() : fc.constant(false),
  });
};

const tunnel: fc.Arbitrary<Tunnel> = fc.oneof(
  fc.constant({ type: 'ipip', port: 0, checksum: 'none' } as const),
  fc.record({
    type: fc.constant('gue' as const),
    port: fc.constantFrom(6080, 1),
    checksum: fc.constantFrom('none' as const, 'csum' as const, 'remcsum' as const),
  }),
  fc.record({
    type: fc.constant('gre' as const),
    port: fc.constant(0),
    checksum: fc.constantFrom('none' as const, 'csum' as const),
  }),
);

const SOURCES = ['10.9.9.9', '2001:db8::9'].flatMap((text) => parseIp(text) ?? []);

const script: fc.Arbitrary<ScriptCommand | null> = usually<ScriptCommand | null>(
  null,
  fc.constantFrom<ScriptCommand>(
    { argv: ['/bin/true'], user: null, group: null },
    { argv: ['/a b', 'no', '#x'], user: 'nobody', group: 'nogroup' },
  ),
);

const sorryOf = (of: ServiceKey, inet6: boolean): fc.Arbitrary<SorryServerConfig> => {
  const port = of.kind === 'address' ? of.port : 0;
  return fc.constantFrom<Forward>('nat', 'dr', 'tun').chain((forward) =>
    fc.record({
      key: fc.record({
        address: host(!inet6 || forward === 'tun', inet6 || forward === 'tun'),
        port: forward === 'nat' ? usually(port, fc.integer({ min: 1, max: 65_535 })) : fc.constant(port),
      }),
      attrs: fc.record({
        weight: fc.constant(1),
        forward: fc.constant(forward),
        upperThreshold: fc.constant(0),
        lowerThreshold: fc.constant(0),
        tunnel: forward === 'tun' ? tunnel : fc.constant(null),
      }),
      inhibit: fc.boolean(),
    }),
  );
};

/** A quorum that these servers can have. */
const quorumOf = (servers: readonly ServerConfig[]): fc.Arbitrary<QuorumConfig> => {
  const total = servers.reduce((sum, { attrs }) => sum + attrs.weight, 0);
  const most = servers.length === 0 ? 9 : Math.min(2_147_483_647, Math.max(1, total));
  return usually(1, fc.integer({ min: 1, max: most })).chain((quorum) =>
    fc.record({
      quorum: fc.constant(quorum),
      hysteresis: usually(0, fc.integer({ min: 0, max: quorum - 1 })),
      up: script,
      down: script,
    }),
  );
};

function serversOf(of: ServiceKey, inet6: boolean): fc.Arbitrary<readonly ServerConfig[]> {
  const port = of.kind === 'address' ? of.port : 0;
  const server = (timings: readonly Timing[], target: Partial<DestKey>, common: Forward) =>
    usually(common, fc.constantFrom<Forward>('nat', 'dr', 'tun')).chain((forward) =>
      fc
        .record({
          address: host(!inet6 || forward === 'tun', inet6 || forward === 'tun'),
          port: forward === 'nat' ? usually(port, fc.integer({ min: 0, max: 65_535 })) : fc.constant(port),
        })
        .chain((key) =>
          fc.record({
            key: fc.constant(key),
            attrs: fc
              .record({
                weight: usually(1, number),
                forward: fc.constant(forward),
                upperThreshold: usually(0, number),
                lowerThreshold: usually(0, number),
                tunnel: forward === 'tun' ? tunnel : fc.constant(null),
              })
              .map((attrs) => ({
                ...attrs,
                lowerThreshold: Math.min(attrs.lowerThreshold, attrs.upperThreshold),
              })),
            checks: usually<readonly CheckConfig[]>(
              [],
              fc.array(checkOf(key, timings, target, SOURCES), { minLength: 1, maxLength: 2 }),
            ),
            inhibitOnFailure: fc.boolean(),
            slowStart: ms(0, 60_000),
            notifyUp: script,
            notifyDown: script,
            mail: fc.boolean(),
          }),
        ),
    );
  return fc
    .tuple(
      fc.array(timing, { minLength: 1, maxLength: 2 }),
      fc.record({ address: host(true, true), port: fc.constantFrom(8080, 81) }, { requiredKeys: [] }),
      fc.constantFrom<Forward>('nat', 'dr', 'tun'),
    )
    .chain(([timings, target, forward]) =>
      fc.uniqueArray(server(timings, target, forward), {
        maxLength: 5,
        selector: ({ key }) => destKey(key),
      }),
    );
}

const service: fc.Arbitrary<ServiceConfig> = key.chain((of) => {
  const inet6 = (of.kind === 'fwmark' ? of.family : ipFamily(of.address)) === 'inet6';
  return serversOf(of, inet6).chain((servers) =>
    fc.record({
      name,
      key: fc.constant(of),
      attrs: attrsOf(of, inet6),
      drainTimeout: ms(300_000, 0),
      quorum: quorumOf(servers),
      sorry: usually<SorryServerConfig | null>(null, sorryOf(of, inet6)),
      omega: fc.boolean(),
      haSuspend: of.kind === 'address' ? fc.boolean() : fc.constant(false),
      mail: fc.boolean(),
      servers: fc.constant(servers),
    }),
  );
});

const NOTHING_AROUND = {
  vrrp: { startupDelay: micros(0), delayAfterBoot: micros(0), announcePace: [], linkDelays: [] },
  syncGroups: [],
  trackers: { scripts: [], files: [], processes: [], bfd: [] },
  statics: NO_STATICS,
  scripts: NO_SCRIPTS,
  notify: NO_SINKS,
};

/** A map of the file keeps numbers first, and takes each name once. */
const named = <T extends { readonly name: string }>(items: readonly T[]): T[] =>
  Object.values(Object.fromEntries(items.map((item) => [item.name, item])));

/** What an instance asks, without witnesses where there are none, or where its addresses outlive every grant. */
function askable({ takeover, lease, priority }: InstanceConfig, heartbeat: HeartbeatConfig | null) {
  if (takeover === null) return null;
  const canAsk = heartbeat?.paths.some(({ witness }) => witness) ?? false;
  const isBound = takeover.witness === 'required' && (lease === 'off' || priority === 255);
  return canAsk && !isBound ? takeover : { ...takeover, witness: null };
}

const timeout = usually<number | null>(null, fc.integer({ min: 1, max: 31 * 86_400 }));

const ipvsConfig: fc.Arbitrary<IpvsConfig> = fc.record({
  flush: fc.boolean(),
  flushOnStop: fc.boolean(),
  timeouts: fc.record({ tcp: timeout, tcpFin: timeout, udp: timeout }),
  syncDaemon: usually<SyncDaemonConfig | null>(
    null,
    fc.record({
      interface: fc.constantFrom('eth0', 'lo', 'bond0.7'),
      instance: fc.constantFrom('first', null),
      id: usually(0, fc.integer({ min: 0, max: 255 })),
      maxLength: usually<number | null>(null, fc.integer({ min: 1, max: 65_507 })),
      group: usually('224.0.0.81', fc.constantFrom('239.1.2.3', 'ff08::81')).map((text) => text as Ip),
      port: usually(8848, fc.integer({ min: 1, max: 65_535 })),
      ttl: usually(1, fc.integer({ min: 1, max: 255 })),
    }),
  ),
});

/** A sync daemon of one of these instances, and none where a service is of both families. */
function followable(
  daemon: SyncDaemonConfig | null,
  instances: readonly InstanceConfig[],
  services: readonly ServiceConfig[],
): SyncDaemonConfig | null {
  const familyOf = ({ key }: ServiceConfig) => (key.kind === 'fwmark' ? key.family : ipFamily(key.address));
  const isMixed = services.some((service) =>
    service.servers.some(({ key }) => ipFamily(key.address) !== familyOf(service)),
  );
  if (daemon === null || isMixed) return null;
  return { ...daemon, instance: daemon.instance === null ? null : (instances[0]?.name ?? null) };
}

/** Everything that the readers can give, without what instances follow and whom they tell. */
export const configs: fc.Arbitrary<Config> = fc
  .record({
    routerId: fc
      .oneof(fc.constantFrom('lb01', 'node 1', ' ', ...TRAPS), fc.string({ unit: 'grapheme', minLength: 1 }))
      .filter((text) => /^\S.{0,254}$/u.test(text)),
    netNamespace: usually<string | null>(null, fc.constantFrom('red', 'ns-1')),
    heartbeat: usually<HeartbeatConfig | null>(null, fc.boolean().chain(heartbeat)),
    instances: fc.array(instance, { maxLength: 3 }),
    services: fc.uniqueArray(service, { maxLength: 3, selector: ({ key }) => serviceKey(key) }),
    ipvs: ipvsConfig,
    // What XDP cannot do is an error where it has to be XDP.
    use: fc.constantFrom('ipvs' as const, 'auto' as const),
    arriving: usually<readonly string[] | null>(null, fc.uniqueArray(device, { minLength: 1, maxLength: 3 })),
    key: usually<HmacKey['secret'] | null>(null, secretOf({ ascii })),
    sync: usually<FlowSyncConfig | null>(null, flowSync),
    drift: fc.record({
      policy: fc.constantFrom('repair' as const, 'report' as const, 'adopt' as const),
      interval: usually(10_000, fc.integer({ min: 1000, max: 3_600_000 })).map(millis),
    }),
  })
  .map((config) => {
    const taken = new Set<string>();
    const first = (claim: string) => !taken.has(claim) && taken.add(claim);
    const instances = named(config.instances)
      .filter((vi) => first(`${vi.vrid} ${vi.interface} ${vi.family}`))
      .filter(({ vmac }) => vmac === null || first(vmac.name))
      .map((vi) => ({
        ...vi,
        takeover: askable(vi, config.heartbeat),
        virtualAddresses: vi.virtualAddresses.filter(({ address }) => first(address)),
        excludedAddresses: vi.excludedAddresses.filter(({ address }) => first(address)),
      }))
      .filter((vi) => vi.family === 'inet' || vi.virtualAddresses.length > 0);
    const services = named(config.services);
    const { use, arriving, key, sync, ...rest } = config;
    const interfaces = [...new Set(arriving ?? instances.map((vi) => vi.interface))];
    const dataplane: DataplaneConfig = {
      ...{ use, interfaces, key, sync: key === null ? null : sync },
      ...ofInstances(instances),
    };
    const ipvs = { ...config.ipvs, syncDaemon: followable(config.ipvs.syncDaemon, instances, services) };
    // Records of fast-check have no prototype.
    return structuredClone({ ...rest, ...NOTHING_AROUND, instances, services, ipvs, dataplane });
  });
