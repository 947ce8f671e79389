import type { Clock } from '../base/clock.ts';
import type { Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import type { Result } from '../base/result.ts';
import type { FromVrrp } from '../ipc/messages.ts';
import type { AddressKey, VirtualAddress } from '../model/addresses.ts';

/** An interface that VRRP can run on now. */
export interface ReadyInterface {
  readonly ifindex: number;
  readonly mac: Mac;
  /** Its first IPv4 address that is none of `virtual`. */
  readonly primary: Ip;
}

/** What the vrrp process needs of the world. `src/kernel` gives the real ones. */
export interface VrrpPorts {
  readonly clock: Clock;
  /** Calls back once after a number of milliseconds; a new call replaces the old one, null cancels. */
  wakeIn(milliseconds: number | null, wake: () => void): void;
  readonly interfaces: {
    /** The error says what is missing, as the end of "interface eth0 …". */
    lookup(name: string, virtual: ReadonlySet<Ip>): Result<ReadyInterface, string>;
    /** Index of an interface that an address can be put on, running or not. */
    ifindex(name: string): number | null;
  };
  readonly addresses: {
    /** Each change's outcome, in order. An address that is there already is a success with `false`. */
    add(addresses: readonly VirtualAddress[]): Promise<readonly Result<boolean, string>[]>;
    /** An address that is not there is a success. */
    remove(addresses: readonly AddressKey[]): Promise<readonly Result<void, string>[]>;
  };
  readonly announcer: { send(ifindex: number, frame: Uint8Array): Result<void, string> };
  openSocket(options: {
    readonly interface: string;
    readonly ifindex: number;
    readonly onDatagram: (datagram: Uint8Array) => void;
    readonly onError: (because: string) => void;
  }): Result<
    { send(datagram: Uint8Array, to: Ip): Result<void, string>; drain(): void; close(): void },
    string
  >;
  send(message: FromVrrp): void;
}
