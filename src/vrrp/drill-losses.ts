import type { Ip } from '../base/ip.ts';
import type { Instant } from '../base/units.ts';
import type { InstanceConfig, LinkDelay, SyncGroupConfig } from '../model/config.ts';
import type { Loss } from '../model/drill.ts';
import type { TrackStatus } from '../model/status.ts';
import type { Fault, Member } from './group.ts';
import { carrierOf } from './instances.ts';
import type { WitnessView } from './quorum.ts';
import type { Trackers } from './tracking.ts';

/** An instance as it is now. */
export interface DrillMember {
  readonly config: InstanceConfig;
  /** What it follows, as it is now: its own and those of its sync group. */
  readonly tracks: readonly TrackStatus[];
  readonly member: Member;
  readonly witnesses: readonly WitnessView[];
}

export interface DrillInput {
  readonly now: Instant;
  readonly members: readonly DrillMember[];
  readonly groups: readonly SyncGroupConfig[];
  readonly linkDelays: readonly LinkDelay[];
  /** Heartbeat paths to other directors and to witnesses, and the interfaces that carry them; null for none. */
  readonly paths: readonly { readonly peer: Ip; readonly link: string | null }[];
}

/** What concerns virtual routers. */
export type VrrpLoss = Exclude<Loss, { readonly kind: 'server' }>;

/** Why nothing here could lose this, as a sentence; null where something could. */
export function unknownLoss({ members, groups, paths }: DrillInput, loss: VrrpLoss): string | null {
  switch (loss.kind) {
    case 'stop':
      return null;
    case 'peer': {
      const names = [...members.map(({ config }) => config.name), ...groups.map(({ name }) => name), 'all'];
      return names.includes(loss.name)
        ? null
        : `there is no instance or sync group ${loss.name}: ${names.join(', ')}`;
    }
    case 'link':
      return paths.some(({ link }) => link === loss.interface) ||
        members.some(
          (one) => standsOn(one.config, loss.interface) || follows(one, 'interface', loss.interface),
        )
        ? null
        : `no instance runs on interface ${loss.interface} or follows it, and no heartbeat goes through it`;
    case 'tracker':
      return members.some((one) => follows(one, loss.tracker, loss.name))
        ? null
        : `no instance follows ${loss.tracker} ${loss.name}`;
    case 'file':
      return members.some((one) => follows(one, 'file', loss.name))
        ? null
        : `no instance follows file ${loss.name}`;
  }
}

const follows = ({ tracks }: DrillMember, kind: string, name: string): boolean =>
  tracks.some((track) => track.kind === kind && track.name === name);

/** The paths, by the peer's address, that are lost with these links. */
export const pathsLost = ({ paths }: DrillInput, due: readonly VrrpLoss[]): ReadonlySet<Ip> =>
  new Set(
    paths
      .filter(({ link }) => due.some((loss) => loss.kind === 'link' && loss.interface === link))
      .map(({ peer }) => peer),
  );

/** Whether it sends and hears on this link. */
export const standsOn = (config: InstanceConfig, link: string): boolean =>
  [config.interface, carrierOf(config), config.vmac?.base].includes(link);

/** What these losses of links are to the instance itself. */
export function ownFault(config: InstanceConfig, due: readonly VrrpLoss[]): Fault {
  if (!config.tracksInterface) return null;
  const lost = due.find((loss) => loss.kind === 'link' && standsOn(config, loss.interface));
  return lost?.kind === 'link' ? `interface ${lost.interface} is down` : null;
}

/** The trackers as they are now, but for those that are lost. */
export function trackersAfter(tracks: readonly TrackStatus[], due: readonly VrrpLoss[]): Trackers {
  const isLost = (kind: string, name: string) =>
    due.some((loss) =>
      loss.kind === 'link'
        ? kind === 'interface' && loss.interface === name
        : loss.kind === 'tracker' && loss.tracker === kind && loss.name === name,
    );
  return {
    health: (kind, name) =>
      isLost(kind, name)
        ? 'bad'
        : (tracks.find((track) => track.kind === kind && track.name === name)?.health ?? 'unknown'),
    value: (file) => {
      const supposed = due.findLast((loss) => loss.kind === 'file' && loss.name === file);
      if (supposed?.kind === 'file') return supposed.value;
      const track = tracks.find((one) => one.kind === 'file' && one.name === file);
      return track === undefined ? 0 : numberIn(track);
    },
  };
}

/** A number in a tracked file that contributes what it does now. */
function numberIn({ weight, reverse, contributes }: TrackStatus): number {
  if (weight === 0) return (contributes === null) === reverse ? 0 : 1;
  return (contributes ?? -254) / (reverse ? -weight : weight);
}
