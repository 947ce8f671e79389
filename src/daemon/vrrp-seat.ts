import type { Ip } from '../base/ip.ts';
import { ok, type Result } from '../base/result.ts';
import { seconds } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { Track } from '../model/tracking.ts';
import type { Fault } from '../vrrp/group.ts';
import { carrierOf } from '../vrrp/instances.ts';
import { leaseSeconds } from '../vrrp/lease.ts';
import type { MachineConfig } from '../vrrp/state.ts';
import { mergeTracks, type Standing, standing } from '../vrrp/tracking.ts';
import { PRIORITY_OWNER } from '../wire/vrrp.ts';
import type { ReadyInterface, VrrpPorts } from './vrrp-ports.ts';
import type { VrrpTrackers } from './vrrp-trackers.ts';

const NOWHERE = '0.0.0.0' as Ip;

interface Known {
  readonly config: InstanceConfig;
  readonly standing: Standing;
  readonly localAddress: Ip | null;
  readonly syncGroup: string | null;
  readonly machine: MachineConfig;
}

/** Where an instance stands on this machine: its interface, its group, and what its trackers make of it. */
export class VrrpSeat {
  /** Source of its adverts; null before its interface was fit for use. */
  localAddress: Ip | null = null;
  standing: Standing = { priority: 0, faults: [], pending: [], tracks: [] };
  syncGroup: string | null = null;
  /** Its interface with a virtual MAC is being made. */
  waitsFor: string | null = null;
  private readonly ports: Pick<VrrpPorts, 'interfaces'>;
  private readonly trackers: VrrpTrackers;
  private readonly isComing: (interface_: string) => boolean;
  private groupTracks: readonly Track[] = [];
  /** The last answer of `machine`, which every event asks for. */
  private known: Known | null = null;

  constructor(
    ports: Pick<VrrpPorts, 'interfaces'>,
    trackers: VrrpTrackers,
    isComing: (interface_: string) => boolean,
  ) {
    this.ports = ports;
    this.trackers = trackers;
    this.isComing = isComing;
  }

  join(syncGroup: string | null, tracks: readonly Track[]): void {
    this.syncGroup = syncGroup;
    this.groupTracks = tracks;
  }

  /** Looks again. Why an instance cannot serve, or null; `begins` is one that does not serve already. */
  assess(config: InstanceConfig, begins: boolean): Fault {
    this.standing = standing(config, mergeTracks(config.tracks, this.groupTracks), this.trackers);
    const carrier = carrierOf(config);
    const isMissing = carrier !== config.interface && this.ports.interfaces.ifindex(carrier) === null;
    this.waitsFor = begins && isMissing && this.isComing(carrier) ? carrier : null;
    if (this.waitsFor !== null) return null;
    const found = this.find(config);
    if (found.ok && found.value !== null) this.localAddress = config.sourceAddress ?? found.value.primary;
    if (!found.ok) return found.error;
    const { transport, sourceAddress } = config;
    if (transport.kind === 'unicast' && transport.faultWithoutPeer && transport.peers.length === 0) {
      return 'it has no unicast peer';
    }
    if (config.tracksSource && sourceAddress !== null && !this.ports.interfaces.isLocal(sourceAddress)) {
      return `its source address ${sourceAddress} is on no interface`;
    }
    const { faults, pending } = this.standing;
    // A router that serves already is not stopped by a tracker that is new and has not told anything yet.
    return [...faults, ...(begins ? pending : [])][0] ?? null;
  }

  /** Without a gate, which is not a matter of where it stands. The same object as long as nothing has changed. */
  machine(config: InstanceConfig): MachineConfig {
    const { standing, localAddress, syncGroup, known } = this;
    const isSame =
      known?.config === config &&
      known.standing === standing &&
      known.localAddress === localAddress &&
      known.syncGroup === syncGroup;
    if (isSame) return known.machine;
    const lease = leaseSeconds(config);
    const machine = {
      version: config.version,
      priority: standing.priority === 0 ? config.priority : standing.priority,
      advertInterval: config.advertInterval,
      downTimerAdverts: config.downTimerAdverts,
      preempt: config.preempt,
      preemptDelay: config.preemptDelay,
      answersLower: config.answersLower,
      advertisesOnYield: config.advertisesOnYield,
      garp: config.garp,
      localAddress: localAddress ?? NOWHERE,
      isGrouped: syncGroup !== null,
      lease: lease === null ? null : seconds(lease),
      gate: null,
    };
    this.known = { config, standing, localAddress, syncGroup, machine };
    return machine;
  }

  /** The interface, or null where a missing one is put up with. */
  private find(config: InstanceConfig): Result<ReadyInterface | null, string> {
    const { interfaces } = this.ports;
    const carrier = carrierOf(config);
    if (carrier !== config.interface && interfaces.ifindex(carrier) === null) {
      return { ok: false, error: `interface ${carrier} does not exist` };
    }
    // The owner's virtual addresses are its own (RFC 9568 §1.6): it may advertise from them.
    const others =
      config.priority === PRIORITY_OWNER ? [] : [...config.virtualAddresses, ...config.excludedAddresses];
    const virtual = new Set(others.map(({ address }) => address));
    const found = interfaces.lookup(config.interface, config.family, virtual);
    if (found.ok) return found;
    const isIgnored = !config.tracksInterface || this.trackers.isUp(config.interface);
    if (isIgnored && this.localAddress !== null && interfaces.ifindex(config.interface) !== null) {
      return ok(null);
    }
    return { ok: false, error: `interface ${config.interface} ${found.error}` };
  }
}
