import type { Family, Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import type { Centis, Micros, Millis } from '../base/units.ts';
import type { VirtualAddress } from './addresses.ts';
import type { CheckConfig } from './check.ts';
import type { DataplaneConfig } from './dataplane.ts';
import type { IpvsConfig } from './ipvs-settings.ts';
import type { NotifyConfig, NotifySinks } from './notify.ts';
import type { RouteConfig, RuleConfig } from './routes.ts';
import type { ScriptCommand, ScriptsConfig } from './script.ts';
import type { DestAttrs, DestKey, Service } from './services.ts';
import type { Track, TrackersConfig } from './tracking.ts';

/** What a configuration file means, whatever language it was written in. */
export interface Config {
  readonly routerId: string;
  /** The network namespace to work in, by the name that `ip netns` gave it; null for the one it is started in. */
  readonly netNamespace: string | null;
  readonly vrrp: VrrpConfig;
  /** The second paths between directors; null for none. */
  readonly heartbeat: HeartbeatConfig | null;
  readonly instances: readonly InstanceConfig[];
  readonly syncGroups: readonly SyncGroupConfig[];
  readonly trackers: TrackersConfig;
  readonly statics: StaticsConfig;
  readonly scripts: ScriptsConfig;
  readonly notify: NotifySinks;
  readonly services: readonly ServiceConfig[];
  readonly drift: DriftConfig;
  readonly ipvs: IpvsConfig;
  readonly dataplane: DataplaneConfig;
}

/** What holds for all instances together. */
export interface VrrpConfig {
  /** No election before the daemon has run this long; adverts are thrown away until then. */
  readonly startupDelay: Micros;
  /** The same, counted from the start of the machine. */
  readonly delayAfterBoot: Micros;
  /** Pace of announcements by interface; an interface is in one entry at most. */
  readonly announcePace: readonly AnnouncePace[];
  /** How long a change of a link must last before it counts, by interface. */
  readonly linkDelays: readonly LinkDelay[];
}

/** Least pauses between announcements on these interfaces together. */
export interface AnnouncePace {
  /** Null for each interface that no other entry names, by itself. */
  readonly interfaces: readonly string[] | null;
  readonly garp: Micros;
  readonly na: Micros;
}

export interface LinkDelay {
  readonly interface: string;
  readonly down: Micros;
  readonly up: Micros;
}

/** What is there from the start to the stop, whoever is master. */
export interface StaticsConfig {
  readonly addresses: readonly VirtualAddress[];
  readonly routes: readonly RouteConfig[];
  readonly rules: readonly RuleConfig[];
}

export const NO_STATICS: StaticsConfig = { addresses: [], routes: [], rules: [] };

/** Instances that become master and backup together. */
export interface SyncGroupConfig {
  readonly name: string;
  /** Names of instances, each in one group at most. */
  readonly members: readonly string[];
  /** What each member follows besides its own. */
  readonly tracks: readonly Track[];
  readonly notify: NotifyConfig;
}

/** What becomes of a change to our part of the kernel's table that somebody else made. */
export type DriftPolicy =
  /** It is undone. */
  | 'repair'
  /** It is said and shown as a problem, and left alone until the next reload. */
  | 'report'
  /** It is said once and kept, until a reload changes that very object. */
  | 'adopt';

export interface DriftConfig {
  readonly policy: DriftPolicy;
  /** How often the table is compared, from the end of one comparison to the start of the next. */
  readonly interval: Millis;
}

/** One VRRP instance (a virtual router on an interface). */
export interface InstanceConfig {
  readonly name: string;
  /** The interface of the file; `vmac` says whether adverts go out of another one. */
  readonly interface: string;
  /** Of the adverts and of the addresses in them. */
  readonly family: Family;
  readonly version: 2 | 3;
  /** 1–255. */
  readonly vrid: number;
  /** 1–255; 255 is the address owner. Trackers add to it. */
  readonly priority: number;
  readonly preempt: boolean;
  /** A master of lower priority is left in its place this long; 0 for not at all. */
  readonly preemptDelay: Micros;
  /** 1–4095 for VRRPv3; a multiple of 100 up to 25,500 for VRRPv2, whose unit on the wire is the second. */
  readonly advertInterval: Centis;
  /** VRRPv2 only. */
  readonly authentication: Authentication | null;
  readonly hmac: HmacConfig | null;
  /** Source of adverts; null for the interface's primary (IPv6: link-local) address. */
  readonly sourceAddress: Ip | null;
  readonly transport: Transport;
  /**
   * The checksum of VRRPv3 over IPv4 as sent: with the pseudo-header as RFC 5798 §5.2.8 was read, or over the message
   * alone (RFC 9568 §5.2.8). Both are accepted.
   */
  readonly checksum: 'rfc5798' | 'rfc9568';
  /** Whether the kernel takes the addresses of a master away that has ceased to advertise, and when. */
  readonly lease: LeasePolicy;
  /** What is asked before it takes over from a silent master, besides the peers on other paths; null for nothing. */
  readonly takeover: TakeoverConfig | null;
  /** Routers that may be believed (multicast); null for all. */
  readonly allowedSources: readonly Ip[] | null;
  /** Missed adverts that make a master down; 3 in the RFCs. */
  readonly downTimerAdverts: number;
  /** In the order of the file; the order is what adverts carry (RFC 9568 §5.2.9). All of `family`. */
  readonly virtualAddresses: readonly VirtualAddress[];
  /** Owned with the others, of either family, but not in adverts. */
  readonly excludedAddresses: readonly VirtualAddress[];
  readonly routes: readonly RouteConfig[];
  readonly rules: readonly RuleConfig[];
  /** False: packets to the addresses are dropped (RFC 9568 §6.1, Accept_Mode). */
  readonly accept: boolean;
  /** A master answers an advert of lower priority at once. */
  readonly answersLower: boolean;
  /** A master that yields to a higher priority sends one more advert, so that the winner announces again. */
  readonly advertisesOnYield: boolean;
  /** A router of priority 255 ignores all adverts (RFC 9568 §7.1 before erratum 8298). */
  readonly ownerIgnoresAdverts: boolean;
  readonly vmac: VmacConfig | null;
  /** Further interfaces with a virtual MAC that `virtualAddresses` and `excludedAddresses` name as theirs. */
  readonly addressVmacs: readonly VmacConfig[];
  readonly garp: GarpConfig;
  /** A fault of the own interface is a fault of the instance. */
  readonly tracksInterface: boolean;
  /** A missing `sourceAddress` is a fault. */
  readonly tracksSource: boolean;
  readonly tracks: readonly Track[];
  readonly promoteSecondaries: boolean;
  readonly notify: NotifyConfig;
}

/** What a lifetime of virtual addresses is to be: longer than peers wait, shorter than they wait, or for ever. */
export type LeasePolicy = 'serve' | 'strict' | 'off';

export interface TakeoverConfig {
  /** Has to answer, or this machine is cut off; of the family of the instance. Null for nobody. */
  readonly gateway: Ip | null;
  /**
   * How long a silent master is left in its place while somebody still answers for an address; null for what the lease
   * suggests.
   */
  readonly suspectHold: Micros | null;
  /** Whether a majority of the witnesses has to grant it, or only must not speak against it; null for neither. */
  readonly witness: WitnessPolicy | null;
}

export type WitnessPolicy = 'required' | 'preferred';

/** Signed messages between the directors on paths besides that of the adverts. */
export interface HeartbeatConfig {
  readonly key: HmacKey['secret'];
  readonly paths: readonly HeartbeatPath[];
}

export interface HeartbeatPath {
  readonly local: Ip;
  readonly peer: Ip;
  /** UDP, at both ends. */
  readonly port: number;
  readonly interval: Micros;
  /** A master that is not heard on it any more is taken for dead. */
  readonly failover: boolean;
  /** The peer is no other director but one that grants virtual routers. */
  readonly witness: boolean;
}

/** How adverts travel. A multicast instance refuses unicast adverts, and the reverse. */
export type Transport =
  | { readonly kind: 'multicast'; readonly group: Ip }
  | {
      readonly kind: 'unicast';
      readonly peers: readonly Peer[];
      /** TTL or hop limit of sent adverts. */
      readonly ttl: number;
      /** Refuse adverts whose source is not one of `peers`. */
      readonly checkSource: boolean;
      /** An empty list of peers is a fault. */
      readonly faultWithoutPeer: boolean;
    };

export interface Peer {
  readonly address: Ip;
  /** 0–255: received adverts must lie within. */
  readonly minTtl: number;
  readonly maxTtl: number;
}

export interface Authentication {
  readonly type: 'pass';
  /** 1–8 bytes of ASCII, sent in clear (RFC 2338 §5.3.6). */
  readonly password: string;
}

/** Signed adverts: the auth_hmac of keepalived 2.4.2, draft-cassen-vrrp-auth-hmac. */
export interface HmacConfig {
  readonly keys: readonly HmacKey[];
  /** Id of the key that signs. */
  readonly activeKey: number;
  /** `time`: fresh within `window` and growing; `monotonic`: growing. */
  readonly antiReplay: 'time' | 'monotonic';
  readonly window: Micros;
  /** Unsigned adverts are refused; accepted while signing; accepted while not signing. A bad signature never is. */
  readonly mode: 'enforce' | 'permissive' | 'receive-only';
}

export interface HmacKey {
  /** 1–255. */
  readonly id: number;
  /** 32–64 bytes, or the file that holds them, which core reads before vrrp is told. */
  readonly secret:
    | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
    | { readonly kind: 'file'; readonly path: string };
}

/** A private macvlan with the MAC address of the virtual router (RFC 9568 §7.3). */
export interface VmacConfig {
  /** 1–15 characters. */
  readonly name: string;
  readonly base: string;
  readonly mac: Mac;
  /** Adverts go out of `base` instead. */
  readonly transmitsOnBase: boolean;
}

/** Gratuitous ARP and unsolicited neighbour advertisement bursts, with keepalived's garp_* meanings. */
export interface GarpConfig {
  /** Pause before the second burst; 0 for none. */
  readonly delay: Micros;
  /** Rounds in a burst, each over all addresses. */
  readonly repeat: number;
  /** Period of refresh bursts while master; 0 for never. */
  readonly refresh: Micros;
  readonly refreshRepeat: number;
  /** Pause before the second burst after an advert of lower priority was heard; 0 for none. */
  readonly lowerDelay: Micros;
  /** Rounds of such a burst; 0 for none. */
  readonly lowerRepeat: number;
  /** Period of announcements out of the base of a virtual MAC interface; 0 for never. */
  readonly extraInterface: Micros;
}

/** One virtual service with its real servers. */
export interface ServiceConfig extends Service {
  /** Services of one name are one service at several addresses: they have servers, checks and quorum together. */
  readonly name: string;
  /** A server that leaves the configuration keeps its connections this long at most. */
  readonly drainTimeout: Millis;
  readonly quorum: QuorumConfig;
  /** Serves in place of all others while there is no quorum; null for nobody. */
  readonly sorry: SorryServerConfig | null;
  /** A stop runs the commands for servers and a quorum that are lost. */
  readonly omega: boolean;
  /** No checks are made while its address is not on this machine. */
  readonly haSuspend: boolean;
  /** Mail when the quorum is gained or lost, and about the one that it begins with. */
  readonly mail: boolean;
  readonly servers: readonly ServerConfig[];
}

/** When a service is up, by the sum of the weights of its servers that are. */
export interface QuorumConfig {
  /** At least 1. */
  readonly quorum: number;
  /** How far above it is gained and below it is lost: less than the quorum. */
  readonly hysteresis: number;
  readonly up: ScriptCommand | null;
  readonly down: ScriptCommand | null;
}

export interface SorryServerConfig {
  readonly key: DestKey;
  readonly attrs: DestAttrs;
  /** While there is a quorum it stays with weight 0, in place of being taken out. */
  readonly inhibit: boolean;
}

export interface ServerConfig {
  readonly key: DestKey;
  readonly attrs: DestAttrs;
  /** In the order of the file. It is up while all of them are; without any it is always in. */
  readonly checks: readonly CheckConfig[];
  /** Where it fails it gets weight 0, in place of being taken out: clients whom persistence sends to it still reach it. */
  readonly inhibitOnFailure: boolean;
  /** How long its weight rises after a recovery; 0 for not at all. */
  readonly slowStart: Millis;
  readonly notifyUp: ScriptCommand | null;
  readonly notifyDown: ScriptCommand | null;
  /** Mail when it comes or goes. */
  readonly mail: boolean;
}
