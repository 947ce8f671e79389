import type { Ip } from '../base/ip.ts';
import type { HmacKey } from './config.ts';
import type { FlowSyncConfig, FlowSyncStatus } from './flow-sync.ts';

/** What forwards packets to the real servers. */
export type Dataplane = 'ipvs' | 'xdp';

export interface DataplaneConfig {
  /** `auto`: IPVS where the kernel has it, else XDP. */
  readonly use: Dataplane | 'auto';
  /** Where packets of clients arrive, for XDP: in the order of the file, each once. */
  readonly interfaces: readonly string[];
  /** Frames to MACs of virtual routers are for this machine: an instance has one. */
  readonly takesVirtualMacs: boolean;
  /** The virtual addresses of the instances, whoever holds them. */
  readonly virtualAddresses: readonly Ip[];
  /** What directors that are to choose alike share; null for what all have. */
  readonly key: HmacKey['secret'] | null;
  /** Null where other directors are told of no flows; with it there is a key. */
  readonly sync: FlowSyncConfig | null;
}

export const PLAIN_DATAPLANE: DataplaneConfig = {
  use: 'ipvs',
  interfaces: [],
  takesVirtualMacs: false,
  virtualAddresses: [],
  key: null,
  sync: null,
};

/** What the XDP plane tells of itself. */
export interface XdpStatus {
  readonly interfaces: readonly XdpInterfaceStatus[];
  /** Packets that were not simply forwarded, by the reason (COUNTERS in wire/xdp/layout.ts). */
  readonly counters: Readonly<Record<string, bigint>>;
  /** Where flows are shared. */
  readonly sync?: FlowSyncStatus;
}

export interface XdpInterfaceStatus {
  readonly name: string;
  /** `driver`: it sees frames first; `generic`: copies that the kernel makes; `kept`: as an earlier process put it there. */
  readonly mode: 'driver' | 'generic' | 'kept';
}
