import { ipFamily } from '../../base/ip.ts';
import type { VirtualAddress } from '../../model/addresses.ts';
import type { InstanceConfig } from '../../model/config.ts';
import { subnetAddress } from '../subnet.ts';

/** `172.25.1.100/24 brd + dev eth1 scope link label eth1:3`, in words that keepalived has too; `dev` is left out for `device`. */
export function addressText(virtual: VirtualAddress, device: string | null): string {
  const { address, prefix, dev, scope, label, peer, flags, preferredLifetime, noTrack } = virtual;
  const most = ipFamily(address) === 'inet' ? 32 : 128;
  const usualLifetime = most === 128 && prefix === 128 ? 0 : null;
  return [
    prefix === most ? address : `${address}/${prefix}`,
    ...broadcastWords(virtual),
    ...(dev === device ? [] : ['dev', dev]),
    ...(scope === 'global' ? [] : ['scope', scope]),
    ...(label === null ? [] : ['label', label]),
    ...(peer === null ? [] : ['peer', peer]),
    ...flags.map((flag) => (flag === 'nodad' ? '-nodad' : flag)),
    ...(preferredLifetime === usualLifetime ? [] : ['preferred_lft', String(preferredLifetime ?? 'forever')]),
    ...(noTrack ? ['no_track'] : []),
  ].join(' ');
}

/** An address of an instance: the interface with a virtual MAC that it is on is told as what it was asked for. */
export function ownAddressText(address: VirtualAddress, instance: InstanceConfig): string {
  const { family, interface: device, vmac, addressVmacs } = instance;
  if (address.dev === vmac?.name && ipFamily(address.address) === family) {
    return addressText({ ...address, dev: vmac.base }, device);
  }
  const further = addressVmacs.find(({ name }) => name === address.dev);
  if (further === undefined) return addressText(address, device);
  return `${addressText({ ...address, dev: further.base }, device)} use_vmac`;
}

function broadcastWords(virtual: VirtualAddress): readonly string[] {
  const { broadcast } = virtual;
  if (broadcast === null) return [];
  const hostBits = (['+', '-'] as const).find((bits) => subnetAddress(virtual, bits) === broadcast);
  // keepalived has no + and - for subnets of one or two addresses, and the schema no address that all hosts have.
  const isTiny = virtual.prefix > 30 && broadcast !== '255.255.255.255';
  return ['brd', hostBits === undefined || isTiny ? broadcast : hostBits];
}
