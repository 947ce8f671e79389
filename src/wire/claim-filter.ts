import { type Ip, ipFamily } from '../base/ip.ts';
import {
  BPF_ACCEPT,
  BPF_HARDWARE_TYPE,
  BPF_LONGEST,
  BPF_PACKET_TYPE,
  BPF_REJECT,
  type BpfInstruction,
  demand,
  encodeBpf,
  loadByte,
  loadHalf,
  loadWord,
  onlyAbove,
} from './bpf.ts';
import { acceptAddresses } from './bpf-addresses.ts';

/** linux/if_packet.h: PACKET_HOST, PACKET_BROADCAST and PACKET_MULTICAST are 0 to 2. */
const LAST_FOR_US = 2;
/** linux/if_arp.h */
const ARPHRD_ETHER = 1;

/** Not what this machine sent or loops back, nor what is for others, such as frames of a VLAN that has no interface. */
const RECEIVED: readonly BpfInstruction[] = [
  loadByte(BPF_PACKET_TYPE),
  onlyAbove(LAST_FOR_US),
  BPF_REJECT,
  ...demand(loadHalf(BPF_HARDWARE_TYPE), ARPHRD_ETHER),
];

/** Where the fields stand in an Ethernet frame: see `encodeGratuitousArp` and `encodeUnsolicitedNa`. */
const ARP: readonly BpfInstruction[] = [
  ...RECEIVED,
  ...demand(loadWord(14), 0x0001_0800),
  ...demand(loadHalf(18), 0x0604),
];
const ARP_SENDER = 28;
const ADVERTISEMENT: readonly BpfInstruction[] = [
  // First what most IPv6 traffic is not.
  ...demand(loadByte(20), 58),
  ...demand(loadHalf(54), 136 << 8),
  ...demand(loadByte(21), 255),
  ...RECEIVED,
];
const ADVERTISEMENT_TARGET = 62;

/**
 * Socket filters for Ethernet frames of one EtherType: `narrow` lets through claims to the addresses that it was asked
 * for, `wide` claims to any address. `narrow` is null where it would be too long for the kernel.
 */
export interface ClaimFilter {
  readonly narrow: Uint8Array | null;
  readonly wide: Uint8Array;
}

/** ARP packets of any operation, by their sender protocol address. Addresses of IPv6 count for nothing. */
export const encodeArpFilter = (addresses: readonly Ip[]): ClaimFilter =>
  encodeFilter(
    ARP,
    ARP_SENDER,
    addresses.filter((address) => ipFamily(address) === 'inet'),
  );

/** Neighbour advertisements without extension headers, by their target. Addresses of IPv4 count for nothing. */
export const encodeNaFilter = (addresses: readonly Ip[]): ClaimFilter =>
  encodeFilter(
    ADVERTISEMENT,
    ADVERTISEMENT_TARGET,
    addresses.filter((address) => ipFamily(address) === 'inet6'),
  );

function encodeFilter(head: readonly BpfInstruction[], at: number, addresses: readonly Ip[]): ClaimFilter {
  const narrow = [...head, ...acceptAddresses(at, addresses)];
  return {
    narrow: narrow.length > BPF_LONGEST ? null : encodeBpf(narrow),
    wide: encodeBpf([...head, BPF_ACCEPT]),
  };
}
