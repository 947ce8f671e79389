import { addressKey, type VirtualAddress } from '../model/addresses.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { FieldChange, InstanceChange } from '../model/preview.ts';
import type { InstanceState } from '../model/status.ts';
import { planAddresses, planInstances, routerKey } from './instances.ts';

/**
 * How the running instances would become the next ones; unchanged ones are left out. `stateOf` gives the state of a
 * running instance by its interface and VRID.
 */
export function previewInstances(
  running: readonly InstanceConfig[],
  next: readonly InstanceConfig[],
  stateOf: ReadonlyMap<string, InstanceState>,
): readonly InstanceChange[] {
  const { stop, keep, start } = planInstances(running, next);
  const isMaster = (config: InstanceConfig) => stateOf.get(routerKey(config)) === 'MASTER';
  const changed = keep.flatMap(({ before, after }): readonly InstanceChange[] => {
    const fields = changedFields(before, after);
    const addresses = changedAddresses(before.virtualAddresses, after.virtualAddresses);
    if (fields.length === 0 && addresses.length === 0) return [];
    const gone = addresses.filter(({ change }) => change === '-').map(({ address }) => address);
    const cuts = gone.length > 0 && isMaster(before) ? `connections to ${gone.join(', ')} end` : null;
    return [{ ...named(after), change: '~', fields, addresses, cuts }];
  });
  return [
    ...start.map((config) => whole(config, '+', null)),
    ...changed,
    ...stop.map((config) => whole(config, '-', isMaster(config) ? 'its addresses leave this master' : null)),
  ];
}

const named = ({ name, interface: dev, vrid }: InstanceConfig) => ({ name, interface: dev, vrid });

const whole = (config: InstanceConfig, change: '+' | '-', cuts: string | null): InstanceChange => ({
  ...named(config),
  change,
  fields: [],
  addresses: config.virtualAddresses.map((address) => ({ change, address: showAddress(address) })),
  cuts,
});

function changedAddresses(before: readonly VirtualAddress[], after: readonly VirtualAddress[]) {
  const { remove, add } = planAddresses(before, after);
  const added = new Set(add.map(addressKey));
  const removed = new Set(remove.map(addressKey));
  return [
    ...add.map((address) => ({
      change: removed.has(addressKey(address)) ? ('~' as const) : ('+' as const),
      address: showAddress(address),
    })),
    ...(after.length === before.length && add.length === 0 ? reordered(before, after) : []),
    ...before
      .filter((address) => removed.has(addressKey(address)) && !added.has(addressKey(address)))
      .map((address) => ({ change: '-' as const, address: showAddress(address) })),
  ];
}

/** Adverts carry the addresses in their order: another order is a change, although no address moves. */
function reordered(before: readonly VirtualAddress[], after: readonly VirtualAddress[]) {
  return after
    .filter((address, i) => addressKey(address) !== addressKey(before[i] ?? address))
    .map((address) => ({ change: '~' as const, address: showAddress(address) }));
}

function showAddress({ address, prefix, dev, scope, label, broadcast }: VirtualAddress): string {
  const words = [`${address}/${prefix} dev ${dev}`];
  if (scope !== 'global') words.push(`scope ${scope}`);
  if (label !== null) words.push(`label ${label}`);
  if (broadcast !== null) words.push(`brd ${broadcast}`);
  return words.join(' ');
}

function changedFields(before: InstanceConfig, after: InstanceConfig): readonly FieldChange[] {
  const was = new Map(settings(before));
  return settings(after)
    .flatMap(([field, value]) => {
      const old = was.get(field);
      return old === undefined || old === value ? [] : [{ field, before: old, after: value }];
    })
    .concat(passwordChange(before, after));
}

const settings = (config: InstanceConfig): readonly (readonly [string, string])[] => [
  ['name', config.name],
  ['priority', String(config.priority)],
  ['preempt', String(config.preempt)],
  ['advert_int', `${config.advertInterval / 100}s`],
  ['mcast_src_ip', config.sourceAddress ?? 'primary address'],
  ['authentication', config.authentication?.type ?? 'none'],
  ['garp_master_delay', `${config.garp.delay / 1_000_000}s`],
  ['garp_master_repeat', String(config.garp.repeat)],
  ['garp_master_refresh', `${config.garp.refresh / 1_000_000}s`],
  ['garp_master_refresh_repeat', String(config.garp.refreshRepeat)],
];

/** The passwords themselves are not for showing. */
function passwordChange(before: InstanceConfig, after: InstanceConfig): readonly FieldChange[] {
  if (before.authentication === null || after.authentication === null) return [];
  return before.authentication.password === after.authentication.password
    ? []
    : [{ field: 'password', before: '…', after: 'another' }];
}
