import type { Ip } from '../../src/base/ip.ts';
import { seconds } from '../../src/base/units.ts';
import type { InstanceConfig } from '../../src/model/config.ts';
import type { Track } from '../../src/model/tracking.ts';
import { groupFaults } from '../../src/vrrp/group.ts';
import { NO_SENDERS, type SeenSenders, type Sequence } from '../../src/vrrp/signature.ts';
import { INIT, type MachineConfig, type VrrpState } from '../../src/vrrp/state.ts';
import { type Standing, standing } from '../../src/vrrp/tracking.ts';
import { Oracle } from './oracle.ts';
import { addressOf, configOf, type Packet } from './packets.ts';
import type { RouterSetup, Settings, World } from './world.ts';

/** One virtual router on one node while its process lives. */
export interface Running {
  readonly router: number;
  readonly setup: RouterSetup;
  readonly isGrouped: boolean;
  readonly address: Ip;
  config: InstanceConfig;
  machine: MachineConfig;
  state: VrrpState;
  seen: SeenSenders;
  sequence: Sequence | null;
  readonly oracle: Oracle;
  /** The last packet of each node that was accepted, of a signed router. */
  readonly latest: Map<number, number>;
  readonly sent: Map<number, Pick<Packet, 'payload' | 'read'>>;
}

/** How long addresses stay without a renewal, in seconds; null for ever. */
export interface Leasing {
  readonly leaseOf: (config: InstanceConfig) => number | null;
}

/** What the trackers of a node say. */
export interface Health {
  readonly isLinkUp: boolean;
  readonly isScriptGood: boolean;
}

export function newRouter(
  node: number,
  router: number,
  { routers, gate }: Pick<World, 'routers' | 'gate'>,
  setup: RouterSetup,
  settings: Settings,
  on: Health & Leasing,
): Running {
  const config = configOf(router, setup, settings, gate);
  const address = addressOf(setup, node);
  const isGrouped = routers.filter(({ domain }) => domain === setup.domain).length > 1;
  const running = { router, setup, isGrouped, address, config, seen: NO_SENDERS, sequence: null };
  return {
    ...running,
    machine: machineOf(running, config, settings, on),
    state: INIT,
    oracle: new Oracle(gate),
    latest: new Map(),
    sent: new Map(),
  };
}

export function machineOf(
  { address, isGrouped }: Pick<Running, 'address' | 'isGrouped'>,
  config: InstanceConfig,
  settings: Settings,
  on: Health & Leasing,
): MachineConfig {
  const { priority } = standingOf(config, settings, on);
  const lease = on.leaseOf(config);
  return {
    ...config,
    localAddress: address,
    isGrouped,
    priority,
    lease: lease === null ? null : seconds(lease),
    gate: null,
  };
}

export function standingOf(config: InstanceConfig, { weight }: Settings, health: Health): Standing {
  const tracks: readonly Track[] = [
    { kind: 'interface', name: 'eth0', weight: 0, reverse: false },
    { kind: 'script', name: 'check', weight, reverse: false },
  ];
  const isGood = { interface: health.isLinkUp, script: health.isScriptGood, process: true, bfd: true };
  return standing(config, tracks, { health: (kind) => (isGood[kind] ? 'good' : 'bad'), value: () => 0 });
}

/** What is wrong with each member of a group. */
export function faultsOf(
  members: readonly Running[],
  settings: readonly Settings[],
  health: Health,
): readonly (string | null)[] {
  const told = members.map(({ config, setup }) => {
    const own = settings[setup.domain];
    const [fault = null] = own === undefined ? [] : standingOf(config, own, health).faults;
    return { name: config.name, fault };
  });
  return groupFaults('G', told);
}

/** Whether somebody may ask a virtual router for that. The owner of the addresses has nobody to hand them to. */
export const isPossible = ({ state, machine }: Running, on: 'handover' | 'failback'): boolean =>
  on === 'handover'
    ? state.at === 'master' && machine.priority < 255
    : state.at === 'backup' && state.standsBack;
