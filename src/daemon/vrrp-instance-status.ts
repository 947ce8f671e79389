import type { VirtualAddress } from '../model/addresses.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { VrrpCounters } from '../model/counters.ts';
import type { InstanceState, InstanceStatus } from '../model/status.ts';
import { showRivals } from '../view/rivals.ts';
import type { HeardMaster, VrrpState } from '../vrrp/state.ts';
import type { VrrpReports } from './vrrp-reports.ts';
import type { VrrpSeat } from './vrrp-seat.ts';

/** What is told of an instance to whoever asks. */
export function showInstance(
  config: InstanceConfig,
  state: VrrpState,
  seat: VrrpSeat,
  { since, because, unsent, journal }: Pick<VrrpReports, 'since' | 'because' | 'unsent' | 'journal'>,
  counters: VrrpCounters,
): InstanceStatus {
  const { priority, tracks } = seat.standing;
  const self = seat.localAddress === null ? null : { address: seat.localAddress, priority };
  const show = (virtual: VirtualAddress) => `${virtual.address}/${virtual.prefix}`;
  return {
    name: config.name,
    interface: config.interface,
    vrid: config.vrid,
    family: config.family,
    version: config.version,
    state: state.at.toUpperCase() as InstanceState,
    since,
    because,
    priority: config.priority,
    effectivePriority: priority,
    advertInterval: config.advertInterval,
    standsBack: state.at === 'backup' && state.standsBack,
    withheld: state.at === 'backup' ? (state.asking?.withheld ?? null) : null,
    contested: state.at === 'master' ? showRivals(journal.show()) : null,
    unsent: state.at === 'master' ? unsent : null,
    virtualAddresses: config.virtualAddresses.map(show),
    excludedAddresses: config.excludedAddresses.map(show),
    syncGroup: seat.syncGroup,
    tracks,
    master: state.at === 'master' ? self : state.at === 'backup' ? lastMaster(state.master) : null,
    counters: { ...counters, refused: { ...counters.refused } },
  };
}

const lastMaster = (master: HeardMaster | null): InstanceStatus['master'] =>
  master === null ? null : { address: master.address, priority: master.priority };
