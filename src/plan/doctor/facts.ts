import type { Family, Ip } from '../../base/ip.ts';
import type { Mac } from '../../base/mac.ts';
import type { Result } from '../../base/result.ts';
import type { Config } from '../../model/config.ts';
import type { Refusal } from '../../model/counters.ts';
import type { Finding } from '../../model/doctor.ts';
import type { ModuleState } from '../realserver.ts';
import type { NftItem } from './nft.ts';

/** What is looked at on a director. An error of a part says why it was not looked at. */
export interface DirectorFacts {
  /** Null where the file has mistakes, which then are findings. */
  readonly config: Config | null;
  readonly configFile: string;
  /** What reading the file found. */
  readonly configFindings: readonly Finding[];
  readonly daemon: Result<DaemonFacts, string>;
  /** False for a file that is looked at before it is run, and where lbd cannot be asked. */
  readonly expectsDaemon: boolean;
  readonly links: ReadonlyMap<string, LinkState>;
  /** The value of a sysctl by its name with dots; null where the kernel has none of that name. */
  sysctl(name: string): string | null;
  module(name: string): ModuleState;
  /** The way to each real server; null for none. */
  readonly routes: Result<ReadonlyMap<Ip, RouteFact | null>, string>;
  /** The interfaces of the default routes. */
  readonly defaults: Result<Readonly<Record<Family, readonly string[]>>, string>;
  readonly ruleset: Result<readonly NftItem[], string>;
  /** By virtual address, who answered an ARP request for it. */
  readonly answers: ReadonlyMap<Ip, Result<readonly Mac[], string>>;
  /** As the kernel knows them now. */
  readonly neighbours: ReadonlyMap<Ip, Mac>;
  /** Programs of this network namespace that may want the same, and units that will start one. */
  readonly rivals: readonly { readonly name: string; readonly pid: number }[];
  readonly enabledUnits: Result<readonly string[], string>;
  /** Whether the clock follows another one. */
  readonly clock: Result<boolean, string>;
  /** Whether the kernel tells its types, and a BPF file system is where it should be. */
  readonly bpf: { readonly hasTypes: boolean; readonly hasFilesystem: boolean };
  /** Whether these take the VLAN tags off frames before XDP sees them: those of XDP that have VLANs on them. */
  readonly vlanOffloads: ReadonlyMap<string, Result<boolean, string>>;
  /** Major and minor number. */
  readonly kernel: readonly [number, number];
}

export interface LinkState {
  readonly isUp: boolean;
  readonly hasCarrier: boolean;
  readonly answersArp: boolean;
  readonly mtu: number;
  readonly mac: Mac | null;
  /** As `ip -d link` calls it: `veth`, `vlan`, `bridge` …; null for hardware, and what has no name of its own. */
  readonly kind: string | null;
  /** The interface below this one; null for none in this network namespace. */
  readonly below: string | null;
  readonly addresses: readonly { readonly address: Ip; readonly prefix: number }[];
}

export interface RouteFact {
  readonly dev: string;
  /** Null for a neighbour. */
  readonly gateway: Ip | null;
  /** The address that packets of this machine come from on that way; null where the kernel does not say. */
  readonly source: Ip | null;
  /** The address is this machine's own. */
  readonly isLocal: boolean;
}

/** What a running lbd says, as far as it is looked at. */
export interface DaemonFacts {
  readonly reloadError: string | null;
  readonly stateProblem: string | null;
  readonly processes: readonly {
    readonly name: string;
    readonly pid: number | null;
    readonly problem: string | null;
  }[];
  readonly vrrp: Result<VrrpFacts, string>;
  /** The services in the kernel's table that are not ours, how many services and servers it has, or why it cannot be read. */
  readonly table: Result<{ readonly foreign: readonly string[]; readonly size: number }, string>;
}

export interface VrrpFacts {
  readonly instances: readonly InstanceFacts[];
  readonly heartbeat: readonly {
    readonly local: string;
    readonly peer: string;
    readonly alive: boolean;
    readonly problem: string | null;
  }[];
  /** Packets that were refused while it was looked, which belong to no instance. */
  readonly unmatched: Refused;
}

export interface InstanceFacts {
  readonly name: string;
  readonly state: 'INIT' | 'BACKUP' | 'MASTER' | 'FAULT';
  readonly because: string;
  readonly withheld: string | null;
  readonly contested: string | null;
  readonly unsent: string | null;
  readonly master: Ip | null;
  /** While it was looked. */
  readonly refused: Refused;
}

/** How many by reason; a reason that is not there has none. */
export type Refused = Readonly<Partial<Record<Refusal, number>>>;
