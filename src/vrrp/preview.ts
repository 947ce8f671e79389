import type { Micros } from '../base/units.ts';
import { addressKey, type VirtualAddress } from '../model/addresses.ts';
import type { HmacConfig, InstanceConfig } from '../model/config.ts';
import type { FieldChange, InstanceChange } from '../model/preview.ts';
import type { RouteConfig, RuleConfig } from '../model/routes.ts';
import type { InstanceState } from '../model/status.ts';
import { addressesOf, carrierOf, planInstances } from './instances.ts';

/** How routes and rules are written. */
export interface RouteWords {
  readonly route: (route: RouteConfig) => string;
  readonly rule: (rule: RuleConfig) => string;
}

/**
 * How the running instances would become the next ones; unchanged ones are left out. `stateOf` gives the state of a
 * running instance by its name.
 */
export function previewInstances(
  running: readonly InstanceConfig[],
  next: readonly InstanceConfig[],
  stateOf: ReadonlyMap<string, InstanceState>,
  words: RouteWords,
): readonly InstanceChange[] {
  const { stop, keep, start } = planInstances(running, next);
  const isMaster = (config: InstanceConfig) => stateOf.get(config.name) === 'MASTER';
  const changed = keep.flatMap(({ before, after }): readonly InstanceChange[] => {
    const fields = changedFields(before, after);
    const addresses = changedAddresses(addressesOf(before), addressesOf(after));
    const routes = changedRoutes(routesOf(before, words), routesOf(after, words));
    if (fields.length === 0 && addresses.length === 0 && routes.length === 0) return [];
    const gone = addresses.filter(({ change }) => change === '-').map(({ address }) => address);
    const cuts = isMaster(before) ? cutsOf(before, after, gone) : null;
    return [{ ...named(after), change: '~', fields, addresses, routes, cuts }];
  });
  return [
    ...start.map((config) => whole(config, '+', words, null)),
    ...changed,
    ...stop.map((config) =>
      whole(config, '-', words, isMaster(config) ? 'its addresses leave this master' : null),
    ),
  ];
}

/** What the change may cost clients of this master. */
function cutsOf(before: InstanceConfig, after: InstanceConfig, gone: readonly string[]): string | null {
  const isBound = ({ takeover }: InstanceConfig) => takeover?.witness === 'required';
  const cuts = [
    ...(gone.length > 0 ? [`connections to ${gone.join(', ')} end`] : []),
    ...(isBound(after) && !isBound(before)
      ? ['the addresses leave this master unless a majority of its witnesses grants them at once']
      : []),
  ];
  return cuts.length === 0 ? null : cuts.join('; ');
}

const named = ({ name, interface: dev, vrid }: InstanceConfig) => ({ name, interface: dev, vrid });

const whole = (
  config: InstanceConfig,
  change: '+' | '-',
  words: RouteWords,
  cuts: string | null,
): InstanceChange => ({
  ...named(config),
  change,
  fields: [],
  addresses: addressesOf(config).map((address) => ({ change, address: showAddress(address) })),
  routes: routesOf(config, words).map((route) => ({ change, route })),
  cuts,
});

const routesOf = ({ routes, rules }: InstanceConfig, words: RouteWords): readonly string[] => [
  ...routes.map((route) => `route ${words.route(route)}`),
  ...rules.map((rule) => `rule ${words.rule(rule)}`),
];

const changedRoutes = (before: readonly string[], after: readonly string[]): InstanceChange['routes'] => [
  ...before.filter((route) => !after.includes(route)).map((route) => ({ change: '-' as const, route })),
  ...after.filter((route) => !before.includes(route)).map((route) => ({ change: '+' as const, route })),
];

function changedAddresses(before: readonly VirtualAddress[], after: readonly VirtualAddress[]) {
  const had = new Map(before.map((address) => [addressKey(address), showAddress(address)]));
  const wants = new Set(after.map(addressKey));
  const add = after.filter((address) => had.get(addressKey(address)) !== showAddress(address));
  return [
    ...add.map((address) => ({
      change: had.has(addressKey(address)) ? ('~' as const) : ('+' as const),
      address: showAddress(address),
    })),
    ...(after.length === before.length && add.length === 0 ? reordered(before, after) : []),
    ...before
      .filter((address) => !wants.has(addressKey(address)))
      .map((address) => ({ change: '-' as const, address: showAddress(address) })),
  ];
}

/** Adverts carry the addresses in their order: another order is a change, although no address moves. */
function reordered(before: readonly VirtualAddress[], after: readonly VirtualAddress[]) {
  return after
    .filter((address, i) => addressKey(address) !== addressKey(before[i] ?? address))
    .map((address) => ({ change: '~' as const, address: showAddress(address) }));
}

function showAddress(of: VirtualAddress): string {
  const { address, prefix, dev, scope, label, broadcast, peer, flags, preferredLifetime } = of;
  const words = [`${address}/${prefix} dev ${dev}`];
  if (scope !== 'global') words.push(`scope ${scope}`);
  if (label !== null) words.push(`label ${label}`);
  if (broadcast !== null) words.push(`brd ${broadcast}`);
  if (peer !== null) words.push(`peer ${peer}`);
  words.push(...flags);
  if (preferredLifetime !== null) words.push(`preferred_lft ${preferredLifetime}`);
  return words.join(' ');
}

function changedFields(before: InstanceConfig, after: InstanceConfig): readonly FieldChange[] {
  const was = new Map(settings(before));
  return settings(after)
    .flatMap(([field, value]) => {
      const old = was.get(field);
      return old === undefined || old === value ? [] : [{ field, before: old, after: value }];
    })
    .concat(passwordChange(before, after), keysChange(before, after));
}

const settings = (config: InstanceConfig): readonly (readonly [string, string])[] => [
  ['name', config.name],
  ['version', String(config.version)],
  ['adverts on', carrierOf(config)],
  ['priority', String(config.priority)],
  ['preempt', String(config.preempt)],
  ['preempt_delay', showTime(config.preemptDelay)],
  ['advert_int', `${config.advertInterval / 100}s`],
  ['down_timer_adverts', String(config.downTimerAdverts)],
  ['lease', config.lease],
  ['takeover', showTakeover(config)],
  ['allowed_sources', config.allowedSources?.join(', ') ?? 'everyone'],
  ['source address', config.sourceAddress ?? 'primary address'],
  ['transport', showTransport(config)],
  ['checksum', config.checksum],
  ['accept', String(config.accept)],
  ['lower_prio_no_advert', String(!config.answersLower)],
  ['higher_prio_send_advert', String(config.advertisesOnYield)],
  ['authentication', config.authentication?.type ?? 'none'],
  ['auth_hmac', config.hmac === null ? 'none' : `${config.hmac.mode}, key ${config.hmac.activeKey}`],
  ['garp_master_delay', showTime(config.garp.delay)],
  ['garp_master_repeat', String(config.garp.repeat)],
  ['garp_master_refresh', showTime(config.garp.refresh)],
  ['garp_master_refresh_repeat', String(config.garp.refreshRepeat)],
  ['garp_lower_prio_delay', showTime(config.garp.lowerDelay)],
  ['garp_lower_prio_repeat', String(config.garp.lowerRepeat)],
  ['dont_track_primary', String(!config.tracksInterface)],
  ['track', config.tracks.map(showTrack).join(', ') || 'nothing'],
];

function showTakeover({ takeover }: InstanceConfig): string {
  if (takeover === null) return 'none';
  const { gateway, suspectHold, witness } = takeover;
  const hold = suspectHold === null ? 'by the lease' : showTime(suspectHold);
  return `gateway ${gateway ?? 'none'}, suspect_hold ${hold}, witness ${witness ?? 'none'}`;
}

const showTime = (time: Micros): string => `${time / 1_000_000}s`;

const showTrack = ({ kind, name, weight, reverse }: InstanceConfig['tracks'][number]): string =>
  `${kind} ${name}${weight === 0 ? '' : ` weight ${weight}`}${reverse ? ' reverse' : ''}`;

function showTransport({ transport }: InstanceConfig): string {
  if (transport.kind === 'multicast') return transport.group;
  return transport.peers.map(({ address }) => address).join(', ') || 'no peers';
}

/** A key in a file is known by the file's name only. */
function keysChange(
  { hmac: before }: InstanceConfig,
  { hmac: after }: InstanceConfig,
): readonly FieldChange[] {
  if (before === null || after === null || showKeys(before) === showKeys(after)) return [];
  return [{ field: 'auth_hmac keys', before: '…', after: 'others' }];
}

const showKeys = ({ keys }: HmacConfig): string =>
  JSON.stringify(
    keys.map(({ id, secret }) => [id, secret.kind === 'file' ? secret.path : [...secret.bytes]]),
  );

/** The passwords themselves are not for showing. */
function passwordChange(before: InstanceConfig, after: InstanceConfig): readonly FieldChange[] {
  if (before.authentication === null || after.authentication === null) return [];
  return before.authentication.password === after.authentication.password
    ? []
    : [{ field: 'password', before: '…', after: 'another' }];
}
