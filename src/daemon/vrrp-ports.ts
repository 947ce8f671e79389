import type { Clock } from '../base/clock.ts';
import type { Family, Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import type { Result } from '../base/result.ts';
import type { Micros } from '../base/units.ts';
import type { FromVrrp } from '../ipc/messages.ts';
import type { AddressKey, VirtualAddress } from '../model/addresses.ts';
import type { VmacConfig } from '../model/config.ts';
import type { RouteConfig, RuleConfig } from '../model/routes.ts';
import type { Datagram } from '../wire/datagram.ts';
import type { VrrpFilter } from '../wire/vrrp-filter.ts';

/** An interface that VRRP can run on now. */
export interface ReadyInterface {
  readonly ifindex: number;
  readonly mac: Mac;
  /** Its first IPv4 address that is none of `virtual`; for IPv6 its link-local address. */
  readonly primary: Ip;
}

/** Addresses on interfaces; each answer holds one outcome per address, in order. */
export interface AddressPort {
  /** With a lifetime in seconds, or null for ever. What is there already is a success with `false`. */
  add(
    addresses: readonly VirtualAddress[],
    lifetime: number | null,
  ): Promise<readonly Result<boolean, string>[]>;
  /** Gives them this lifetime anew, in seconds. */
  renew(addresses: readonly VirtualAddress[], lifetime: number): Promise<readonly Result<unknown, string>[]>;
  /** What is not there is a success. */
  remove(addresses: readonly VirtualAddress[]): Promise<readonly Result<void, string>[]>;
  /** Takes them off their interface; packets that still arrive for them are served, and nobody on the link is answered. */
  quiet(addresses: readonly VirtualAddress[]): Promise<readonly Result<void, string>[]>;
  /** The end of being quiet. */
  release(addresses: readonly VirtualAddress[]): Promise<readonly Result<void, string>[]>;
}

/** Changes of a kind of kernel object. Each answer holds one outcome per object, in order. */
export interface Writer<T> {
  /** What is there already is a success with `false`. */
  add(objects: readonly T[]): Promise<readonly Result<boolean, string>[]>;
  /** What is not there is a success. */
  remove(objects: readonly T[]): Promise<readonly Result<void, string>[]>;
}

export interface VrrpSocketOptions {
  readonly interface: string;
  readonly ifindex: number;
  readonly family: Family;
  /** Groups to join on the interface. */
  readonly groups: readonly Ip[];
  readonly onDatagram: (datagram: Result<Datagram, 'ip_header'>) => void;
  readonly onError: (because: string) => void;
}

/** The VRRP packets (protocol 112) of one interface and family. */
export interface VrrpSocket {
  /** Sends a datagram with this source, destination and TTL at once; the error is the system's words. */
  send(datagram: Datagram): Result<void, string>;
  /** Hands over every datagram that already waits in the socket, at most 1024, before it returns. */
  drain(): void;
  /**
   * From now on the kernel drops what this does not let through, and the rest waits for `drain`; null for neither. The
   * error is an errno's name.
   */
  guard(filter: VrrpFilter | null): Result<void, string>;
  close(): void;
}

/** The packets of BFD sessions on one port, 3784 or 4784, of one family. */
export interface BfdSocket {
  /** From a UDP port of 49152–65535, always the same; a source of null is the kernel's choice. */
  send(to: Ip, from: Ip | null, ttl: number, payload: Uint8Array): Result<void, string>;
  /** Hands over every packet that already waits in the socket, at most 1024, before it returns. */
  drain(): void;
  close(): void;
}

/** The heartbeats of one UDP port and family, which they come from and go to. */
export interface HeartbeatSocket {
  send(to: Ip, from: Ip, payload: Uint8Array): Result<void, string>;
  /** Hands over every datagram that already waits in the socket, at most 1024, before it returns. */
  drain(): void;
  close(): void;
}

/** What the vrrp process needs of the world. `src/kernel` gives the real ones. */
export interface VrrpPorts {
  readonly clock: Clock;
  /** Calls back once after a number of milliseconds; a new call replaces the old one, null cancels. */
  wakeIn(milliseconds: number | null, wake: () => void): void;
  readonly interfaces: {
    /** The error says what is missing, as the end of "interface eth0 …". */
    lookup(name: string, family: Family, virtual: ReadonlySet<Ip>): Result<ReadyInterface, string>;
    /** Index of an interface that an address can be put on, running or not. */
    ifindex(name: string): number | null;
    /** Ethernet address of an interface, running or not. */
    mac(name: string): Mac | null;
    /** Whether it is up and has carrier. */
    isRunning(name: string): boolean;
    /** Whether the last dump had this address on its interface. */
    hasAddress(address: AddressKey): boolean;
    /** How long ago the lifetime of this address was set; null where it is not there, or there for ever. */
    leaseAge(address: AddressKey): Micros | null;
    /** Name of an interface. */
    nameOf(ifindex: number): string | null;
    /** Whether any interface has it. */
    isLocal(address: Ip): boolean;
  };
  readonly addresses: AddressPort;
  readonly routes: Writer<RouteConfig>;
  readonly rules: Writer<RuleConfig>;
  /** Sets net.ipv4.conf.DEV.promote_secondaries. */
  promoteSecondaries(dev: string): Result<void, string>;
  readonly vmacs: {
    /** Makes the interface, or makes an existing one right, for addresses of these families. */
    ensure(vmac: VmacConfig, families: ReadonlySet<Family>): Promise<Result<void, string>>;
    remove(name: string): Promise<Result<void, string>>;
  };
  /** Hears other machines that say one of these addresses is their own. */
  readonly claims: {
    follow(addresses: readonly Ip[]): Result<void, string>;
    /** Hands over every claim that already waits, before it returns. */
    drain(): void;
  };
  readonly announcer: { send(ifindex: number, ethertype: number, frame: Uint8Array): Result<void, string> };
  openSocket(options: VrrpSocketOptions): Result<VrrpSocket, string>;
  openBfdSocket(options: {
    readonly family: Family;
    readonly port: number;
    readonly onPacket: (datagram: Datagram) => void;
    readonly onError: (because: string) => void;
  }): Result<BfdSocket, string>;
  openHeartbeatSocket(options: {
    readonly family: Family;
    readonly port: number;
    readonly onPacket: (datagram: Datagram) => void;
    readonly onError: (because: string) => void;
  }): Result<HeartbeatSocket, string>;
  send(message: FromVrrp): void;
}
