import type { Ip } from '../base/ip.ts';

/** rtnetlink scopes by the names that `ip address` uses (linux/rtnetlink.h, rt_scope_t). */
export const ADDRESS_SCOPES = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;
export type AddressScope = keyof typeof ADDRESS_SCOPES;

/** What makes an interface address *this* address: the kernel keeps one per interface, address and prefix. */
export interface AddressKey {
  readonly address: Ip;
  /** 0–32 for IPv4, 0–128 for IPv6. */
  readonly prefix: number;
  readonly dev: string;
}

/** Flags of an address by the names that `ip address` uses (linux/if_addr.h, IFA_F_*). */
export const ADDRESS_FLAGS = {
  nodad: 0x02,
  home: 0x10,
  mngtmpaddr: 0x100,
  noprefixroute: 0x200,
  autojoin: 0x400,
} as const;
export type AddressFlag = keyof typeof ADDRESS_FLAGS;

/** A virtual address as the master puts it on an interface. */
export interface VirtualAddress extends AddressKey {
  readonly scope: AddressScope;
  /** An alias such as `eth0:3`, at most 15 characters; null for none. */
  readonly label: string | null;
  /** Broadcast address; null for none. */
  readonly broadcast: Ip | null;
  /** The other end of a point-to-point link; null for none. */
  readonly peer: Ip | null;
  readonly flags: readonly AddressFlag[];
  /** Seconds for which it is preferred as a source of new connections; null for ever. */
  readonly preferredLifetime: number | null;
  /** Its loss is no fault. */
  readonly noTrack: boolean;
}

export const addressKey = (a: AddressKey): string => `${a.address}/${a.prefix}@${a.dev}`;

/** An address that the kernel reports on an interface. */
export interface InterfaceAddress {
  readonly ifindex: number;
  readonly address: Ip;
  readonly prefix: number;
  /** IFA_F_SECONDARY: not the first of its subnet, so never the primary address. */
  readonly secondary: boolean;
  /** rt_scope_t. */
  readonly scope: number;
  /** Not, or not any more, looked for on the link as somebody else's (IPv6). */
  readonly usable: boolean;
  /** Seconds that it stays; null for ever. */
  readonly lifetime: number | null;
  /** When its lifetime was set, in hundredths of a second since the machine was started; null where that is not told. */
  readonly setAt: number | null;
  /** Marked as put there by VRRP (IFA_PROTO); kernels before 5.18 never tell. */
  readonly isByVrrp: boolean;
}

/** A network interface as the kernel reports it. */
export interface Link {
  readonly ifindex: number;
  readonly name: string;
  /** Six bytes as text, or null where the device has no Ethernet address. */
  readonly mac: string | null;
  /** Administratively up (IFF_UP) and with carrier (IFF_RUNNING). */
  readonly running: boolean;
  readonly mtu: number;
  /** Null where it is no macvlan. */
  readonly macvlan: Macvlan | null;
}

/** What makes an interface a macvlan. */
export interface Macvlan {
  /** Index of the interface that it lies over. */
  readonly base: number;
  /** It does not talk to others over the same base (MACVLAN_MODE_PRIVATE). */
  readonly isPrivate: boolean;
}
