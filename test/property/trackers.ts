import fc from 'fast-check';
import { type Ip, parseIp } from '../../src/base/ip.ts';
import { type Micros, type Millis, micros, millis } from '../../src/base/units.ts';
import { objectName } from '../../src/config/schema/scalars.ts';
import { MOST_WEIGHT } from '../../src/config/schema/track.ts';
import type { InstanceConfig, SyncGroupConfig, VrrpConfig } from '../../src/model/config.ts';
import type { FifoConfig, MailConfig, NotifyConfig, NotifySinks } from '../../src/model/notify.ts';
import type { ScriptCommand, ScriptsConfig } from '../../src/model/script.ts';
import type {
  BfdConfig,
  Track,
  TrackerKind,
  TrackersConfig,
  TrackFileConfig,
  TrackProcessConfig,
  TrackScriptConfig,
} from '../../src/model/tracking.ts';

const DAY = 86_400_000;
const usually = <T>(value: T, otherwise: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(value) }, otherwise);
const orNull = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => usually<T | null>(null, of);

const name = fc
  .oneof(
    fc.constantFrom('chk_nginx', 'no', '12', 'B 1', 'weight', 'reverse', 'on'),
    fc.string({ unit: fc.constantFrom(...'abzAZ019_.:-ß /+()[]'), minLength: 1, maxLength: 20 }),
  )
  .filter((text) => objectName.safeParse(text).success);
const device = fc.constantFrom('eth0', 'eth1', 'bond0.100', 'br-lan', '12', 'no');
const account = fc.constantFrom('nobody', 'www-data', 'keepalived_script', '1000', 'no');
const word = fc.oneof(
  fc.constantFrom(
    '/etc/keepalived/check.sh',
    'nginx',
    '-0',
    '',
    'a b',
    "it's",
    'a"b',
    'a\\b',
    '$HOME',
    '#x',
    '{',
    '!',
  ),
  fc.string({ maxLength: 8 }).filter((text) => !text.includes('\0')),
);
const argv = fc
  .tuple(
    word.filter((text) => text !== ''),
    fc.array(word, { maxLength: 3 }),
  )
  .map(([program, args]): [string, ...string[]] => [program, ...args]);
const owner = fc
  .tuple(orNull(account), orNull(account))
  .map(([user, group]) => ({ user, group: user === null ? null : group }));
const command: fc.Arbitrary<ScriptCommand> = fc
  .tuple(argv, owner)
  .map(([words, who]) => ({ argv: words, ...who }));
const path = fc.oneof(
  fc.constantFrom('/run/lbd/track', '/etc/a b', '/tmp/#1'),
  fc.string({ unit: fc.constantFrom(...'abz/._- '), maxLength: 12 }).map((text) => `/${text}`),
);
const ms = (usual: number, least = 1, most = DAY): fc.Arbitrary<Millis> =>
  usually(usual, fc.oneof(fc.constantFrom(least, 1500, 3000), fc.integer({ min: least, max: most }))).map(
    millis,
  );
const us = (usual: number, least = 0, most = 3_600_000_000): fc.Arbitrary<Micros> =>
  usually(usual, fc.integer({ min: least, max: most })).map(micros);
const host = (v4: boolean): fc.Arbitrary<Ip> =>
  (v4 ? fc.constantFrom('10.0.0.1', '192.0.2.7') : fc.constantFrom('2001:db8::1', 'fe80::1'))
    .map(parseIp)
    .filter((ip) => ip !== null);

const script: fc.Arbitrary<TrackScriptConfig> = ms(1000).chain((interval) =>
  fc.record({
    name,
    command,
    interval: fc.constant(interval),
    timeout: ms(interval),
    rise: usually(1, fc.integer({ min: 1, max: 2_147_483_647 })),
    fall: usually(1, fc.integer({ min: 1, max: 2_147_483_647 })),
    initFail: fc.boolean(),
  }),
);

const file: fc.Arbitrary<TrackFileConfig> = fc.record({
  name,
  path,
  init: orNull(fc.record({ value: fc.integer({ min: -300, max: 300 }), overwrite: fc.boolean() })),
});

const process: fc.Arbitrary<TrackProcessConfig> = fc
  .record({
    name,
    command: argv,
    match: fc.constantFrom('any', 'exact', 'initial', 'partial'),
    fullCommand: fc.boolean(),
    counts: fc.constantFrom([1, null], [0, 0], [3, null], [1, 1], [2, 65_535], [0, 5]),
    forkDelay: ms(0, 0),
    terminateDelay: ms(0, 0),
  })
  .map(({ counts: [quorum, quorumMax], match, ...rest }): TrackProcessConfig => {
    const hasArguments = rest.command.length > 1;
    const possible = hasArguments ? match.replace('any', 'exact') : match === 'any' ? 'any' : 'exact';
    return {
      ...rest,
      match: possible as TrackProcessConfig['match'],
      quorum: quorum ?? 1,
      quorumMax: quorumMax ?? null,
    };
  });

const bfd: fc.Arbitrary<BfdConfig> = fc.boolean().chain((v4) =>
  fc.record({
    name,
    neighbor: host(v4),
    source: orNull(host(v4)),
    minRx: us(10_000, 1000, 4_294_000_000),
    minTx: us(10_000, 1000, 4_294_000_000),
    idleTx: us(1_000_000, 1_000_000, 4_294_000_000),
    multiplier: usually(5, fc.integer({ min: 1, max: 255 })),
    passive: fc.boolean(),
    ttl: usually(255, fc.integer({ min: 1, max: 255 })),
    maxHops: usually(0, fc.integer({ min: 0, max: 255 })),
    multihop: fc.boolean(),
  }),
);

/** Number-like names come first in a map, and each name once. */
export const named = <T extends { readonly name: string }>(items: readonly T[]): T[] =>
  Object.values(Object.fromEntries(items.map((item) => [item.name, item])));

/** Everything that instances may follow besides interfaces. */
export const trackers: fc.Arbitrary<TrackersConfig> = fc.record({
  scripts: fc.array(script, { maxLength: 3 }).map(named),
  files: fc.array(file, { maxLength: 2 }).map(named),
  processes: fc.array(process, { maxLength: 2 }).map(named),
  bfd: fc.array(bfd, { maxLength: 2 }).map(named),
});

/** What an instance or group may follow of these; of `weighted` kinds with a weight. */
export function tracksOf(
  { scripts, files, processes, bfd }: TrackersConfig,
  weighted: readonly TrackerKind[],
): fc.Arbitrary<readonly Track[]> {
  const known = [
    ...['eth0', 'eth1', 'no'].map((name) => ({ kind: 'interface' as const, name })),
    ...scripts.map(({ name }) => ({ kind: 'script' as const, name })),
    ...files.map(({ name }) => ({ kind: 'file' as const, name })),
    ...processes.map(({ name }) => ({ kind: 'process' as const, name })),
    ...bfd.map(({ name }) => ({ kind: 'bfd' as const, name })),
  ];
  return fc.shuffledSubarray(known, { maxLength: Math.min(5, known.length) }).chain((chosen) =>
    fc.tuple(
      ...chosen.map(({ kind, name }) => {
        const most = weighted.includes(kind) ? MOST_WEIGHT[kind] : 0;
        return fc.record({
          kind: fc.constant(kind),
          name: fc.constant(name),
          weight: fc.oneof(
            fc.constantFrom(0, Math.min(1, most), most, 0 - most),
            fc.integer({ min: 0 - most, max: most }),
          ),
          reverse: fc.boolean(),
        });
      }),
    ),
  );
}

/** Who is told of an instance or, without what only instances have, of a group. */
export const notifyOf = (isGroup: boolean): fc.Arbitrary<NotifyConfig> =>
  fc
    .record({
      master: orNull(command),
      backup: orNull(command),
      fault: orNull(command),
      stop: orNull(command),
      saysDeleted: fc.boolean(),
      deleted: orNull(command),
      lowerPriority: orNull(command),
      all: orNull(command),
      mail: fc.boolean(),
      priorityChanges: fc.boolean(),
    })
    .map((notify) => {
      if (isGroup) return { ...notify, saysDeleted: false, deleted: null, lowerPriority: null };
      return notify.saysDeleted ? notify : { ...notify, deleted: null };
    });

const fifo = (of: FifoConfig['of']): fc.Arbitrary<FifoConfig> =>
  fc
    .tuple(fc.constantFrom(`/run/${of}`, `/run/a b ${of}`), owner, orNull(command))
    .map(([path, who, script]) => ({ path, of, ...who, script }));

const address = fc.constantFrom('ops@example.net', 'Ops Team <ops@example.net>', 'root', 'no@no');
const mail: fc.Arbitrary<MailConfig> = fc.record({
  host: fc.constantFrom('10.0.0.9', 'mail.example.net', '2001:db8::25', 'localhost'),
  port: usually(25, fc.integer({ min: 1, max: 65_535 })),
  security: fc.constantFrom('none', 'starttls', 'tls'),
  auth: orNull(fc.record({ user: fc.constantFrom('lbd', '12', 'a b'), passwordFile: path })),
  helo: orNull(fc.constantFrom('lb01', 'no', '12')),
  from: address,
  to: fc.array(address, { minLength: 1, maxLength: 3 }),
  timeout: ms(30_000, 1000, 3_600_000),
  noFaults: fc.boolean(),
});

export const sinks: fc.Arbitrary<NotifySinks> = fc.record({
  fifos: fc
    .tuple(fc.option(fifo('all')), fc.option(fifo('vrrp')), fc.option(fifo('lvs')))
    .map((all) => all.filter((one) => one !== null)),
  mail: orNull(mail),
  webhooks: usually<NotifySinks['webhooks']>(
    [],
    fc.array(
      fc.record({
        url: fc.constantFrom('https://example.net/hook', 'http://[::1]:8080/?a=b#c', 'http://no'),
        timeout: ms(10_000, 1, 3_600_000),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  ),
  statesOnReload: fc.boolean(),
  serversAtFirst: fc.boolean(),
});

const once = orNull(fc.record({ command, timeout: ms(10_000, 1000, 1_000_000) }));
export const scripts: fc.Arbitrary<ScriptsConfig> = fc
  .tuple(owner, fc.boolean(), once, once)
  .map(([who, security, startup, shutdown]) => ({ ...who, security, startup, shutdown }));

/** What holds for all instances, none of which is on an interface with a delay. */
export const vrrp: fc.Arbitrary<VrrpConfig> = fc
  .record({
    startupDelay: us(0),
    delayAfterBoot: us(0),
    groups: fc.array(
      fc.record({
        interfaces: fc.uniqueArray(device, { minLength: 1, maxLength: 2 }),
        garp: us(0),
        na: us(0),
      }),
      { maxLength: 2 },
    ),
    others: fc.record({ interfaces: fc.constant(null), garp: us(0), na: us(0) }),
    delays: fc.array(
      fc.record({
        name: fc.constantFrom('dummy0', 'tun0'),
        down: us(0, 0, 255_000_000),
        up: us(0, 0, 255_000_000),
      }),
      { maxLength: 2 },
    ),
  })
  .map(({ startupDelay, delayAfterBoot, groups, others, delays }) => {
    const taken = new Set<string>();
    const free = groups.filter(
      ({ interfaces }) =>
        interfaces.every((name) => !taken.has(name)) && interfaces.every((name) => taken.add(name)),
    );
    return {
      startupDelay,
      delayAfterBoot,
      announcePace: [...free, ...(others.garp === 0 && others.na === 0 ? [] : [others])],
      linkDelays: named(delays)
        .filter(({ down, up }) => down > 0 || up > 0)
        .map(({ name, down, up }) => ({ interface: name, down, up })),
    };
  });

const EVERY_KIND: readonly TrackerKind[] = ['interface', 'script', 'file', 'process', 'bfd'];

/** What instances follow by themselves, by whether something fixes their priorities. */
export const ownTracks = (
  of: TrackersConfig,
  { priority }: Pick<InstanceConfig, 'priority'>,
): fc.Arbitrary<readonly Track[]> => tracksOf(of, priority === 255 ? [] : EVERY_KIND);

/** Groups of these instances, and what they follow. */
export const syncGroupsOf = (
  instances: readonly Pick<InstanceConfig, 'name'>[],
  of: TrackersConfig,
): fc.Arbitrary<readonly SyncGroupConfig[]> =>
  fc
    .tuple(
      fc.shuffledSubarray(instances.map(({ name }) => name)),
      fc.array(fc.record({ name, tracks: tracksOf(of, EVERY_KIND), notify: notifyOf(true) }), {
        maxLength: 2,
      }),
    )
    .map(([members, groups]) =>
      named(groups)
        .map((group, i, all) => ({ ...group, members: members.filter((_, j) => j % all.length === i) }))
        .filter((group) => group.members.length > 0),
    );
