import type { Ip } from '../base/ip.ts';
import type { DestAttrs, DestKey, ServiceAttrs, ServiceKey } from './services.ts';

/** The virtual services that the XDP data plane can have: those of an address. */
export type XdpServiceKey = Extract<ServiceKey, { kind: 'address' }>;

/** A part of the pool of rings, in words. A ring has a word for each of its slots: the slot of a server. */
export interface Region {
  readonly offset: number;
  readonly size: number;
}

/** What was counted; the plane sees only what clients send. */
export interface XdpTraffic {
  readonly conns: bigint;
  readonly packets: bigint;
  readonly bytes: bigint;
}

/** A server in the maps, at `slot` of the array of servers. */
export interface XdpServer {
  readonly slot: number;
  /**
   * `in`: the service has it, at the weight of its attributes. `out`: it is only configured (its checks fail, say), so
   * that rings which are hashed leave its place to it; its flows miss.
   */
  readonly state: 'in' | 'out';
  readonly key: DestKey;
  readonly attrs: DestAttrs;
  /** The weight in the configuration; null where the configuration does not name it. */
  readonly configuredWeight: number | null;
}

/** A service in the maps, at `slot` of the array of services. */
export interface XdpService {
  readonly slot: number;
  readonly key: XdpServiceKey;
  readonly attrs: ServiceAttrs;
  /** This machine holds its address now. */
  readonly isOwned: boolean;
  readonly ring: Region;
  /** What the ring was made of, as a hash of 32 bits; another one than the servers give is a ring to make anew. */
  readonly ringOf: number;
  /** In the order of their slots. */
  readonly servers: readonly XdpServer[];
}

/** The maps of the plane, as far as they are planned. */
export interface XdpTable {
  /** How many services, servers and words of rings there is room for. */
  readonly room: { readonly services: number; readonly servers: number; readonly words: number };
  /** In the order of their slots. */
  readonly services: readonly XdpService[];
  /** Slots of the services whose key is there. Others are what a crash left of a change: no packet finds them. */
  readonly open: ReadonlySet<number>;
  /** Slots of former servers: flows may still name them. */
  readonly retired: readonly number[];
  /** The addresses of services that the program knows, each with whether this machine holds it. */
  readonly addresses: ReadonlyMap<Ip, boolean>;
  readonly counts: XdpCounts;
}

/** What the program is told of the services as a whole, so that it need not look for what there is none of. */
export interface XdpCounts {
  /** Services whose address this machine does not hold. */
  readonly unowned: number;
  /** Services of port 0. */
  readonly anyPort: number;
}

/** One write to the maps, as a value. Performed in order, every packet in between is served or refused as it should. */
export type XdpOp =
  /** Packets to this key find no service from here on. */
  | { readonly op: 'deleteKey'; readonly key: XdpServiceKey }
  /** Ends all flows that name these slots, and the counts of their connections. */
  | { readonly op: 'clearFlows'; readonly servers: readonly number[] }
  /** Fills a slot that is not in use: nothing counted yet, its neighbour unknown. */
  | { readonly op: 'putServer'; readonly service: number; readonly server: XdpServer }
  /** Writes state, attributes and configured weight into a slot in use, and nothing else. */
  | { readonly op: 'setServer'; readonly server: XdpServer }
  /** Fills a slot that is not in use: nothing counted yet. The ring is empty. */
  | {
      readonly op: 'putService';
      readonly slot: number;
      readonly service: Omit<XdpService, 'slot' | 'servers'>;
    }
  /** Writes the attributes and nothing else. */
  | { readonly op: 'setService'; readonly slot: number; readonly attrs: ServiceAttrs }
  | { readonly op: 'writeRing'; readonly region: Region; readonly words: Uint32Array }
  /** Makes this the ring of the service: one store; then notes what it was made of. */
  | { readonly op: 'flip'; readonly service: number; readonly ring: Region; readonly ringOf: number }
  | { readonly op: 'putKey'; readonly key: XdpServiceKey; readonly service: number }
  /** The slot is not in use from here on: flows that name it miss. */
  | { readonly op: 'retireServer'; readonly slot: number }
  /** Adds what the server counted to what former servers of the service did, and zeroes it. */
  | { readonly op: 'foldTraffic'; readonly server: number; readonly into: number }
  /** The slot is empty from here on. */
  | { readonly op: 'freeService'; readonly slot: number }
  /** Packets of a service that this machine does not own are left to the kernel. */
  | { readonly op: 'own'; readonly service: number; readonly isOwned: boolean }
  | { readonly op: 'putAddress'; readonly address: Ip; readonly isHeld: boolean }
  | { readonly op: 'deleteAddress'; readonly address: Ip }
  | { readonly op: 'setCounts'; readonly counts: XdpCounts };

/** Why a change was not made, in the kernel's codes: `EOPNOTSUPP` is what the plane cannot do, `ENOSPC` its room. */
export interface XdpRefusal {
  readonly code: 'EEXIST' | 'ENOENT' | 'ESRCH' | 'EINVAL' | 'EOPNOTSUPP' | 'ENOSPC';
  /** Positive. */
  readonly errno: number;
  readonly message: string;
}

/** What the plane counted since its objects were made, by their slots. */
export interface XdpCounters {
  /** Entries that the flow table has room for. */
  readonly flowTableSize: number;
  /** Of servers that are in. */
  readonly servers: ReadonlyMap<number, XdpServerCounters>;
  /** Of services: what their former servers counted. */
  readonly folded: ReadonlyMap<number, XdpTraffic>;
}

export interface XdpServerCounters {
  readonly traffic: XdpTraffic;
  readonly active: number;
  readonly inactive: number;
}
