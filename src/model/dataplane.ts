import type { Ip } from '../base/ip.ts';
import type { HmacKey } from './config.ts';

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
}

export const PLAIN_DATAPLANE: DataplaneConfig = {
  use: 'ipvs',
  interfaces: [],
  takesVirtualMacs: false,
  virtualAddresses: [],
  key: null,
};
