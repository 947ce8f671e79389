import { type Family, ipFamily } from '../../base/ip.ts';
import type { Mac } from '../../base/mac.ts';
import type { VirtualAddress } from '../../model/addresses.ts';
import type { VmacConfig } from '../../model/config.ts';
import type { WrittenAddress } from '../schema/virtual-address.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';
import { virtualAddressOf } from './virtual-address.ts';

export interface Vmacs {
  readonly vmac: VmacConfig | null;
  readonly addressVmacs: readonly VmacConfig[];
  /** What the instance owns, each on the interface that it belongs on. */
  readonly addresses: readonly VirtualAddress[];
  readonly excluded: readonly VirtualAddress[];
}

/** RFC 9568 §7.3. */
const PREFIX: Readonly<Record<Family, string>> = { inet: '00:00:5e:00:01', inet6: '00:00:5e:00:02' };

/** The MAC address of a virtual router. */
export const virtualMac = (family: Family, vrid: number): Mac =>
  `${PREFIX[family]}:${vrid.toString(16).padStart(2, '0')}` as Mac;

/**
 * The interfaces with a virtual MAC address that an instance asks for, called as keepalived 2.2.7 calls them, and its
 * addresses on them: those of its family that name no other interface are on its own. `taken` grows.
 */
export function vmacsOf(written: WrittenInstance, family: Family, taken: Set<string>): Vmacs {
  const { use_vmac: wanted, use_vmac_addr: others, virtual_router_id: vrid, interface: base } = written;
  const own = typeof wanted === 'boolean' ? {} : wanted;
  const mac = (own.mac?.toLowerCase() as Mac | undefined) ?? virtualMac(family, vrid);
  const vmac: VmacConfig | null =
    wanted === false
      ? null
      : {
          name: own.name ?? freeName(vrid, family, taken),
          base,
          mac,
          // As by keepalived 2.2.7: what goes to peers comes from the address of the base.
          transmitsOnBase: written.vmac_xmit_base || written.unicast_peers !== undefined,
        };
  if (vmac !== null) taken.add(vmac.name);
  const further = new Map<string, VmacConfig>();
  const place = (each: WrittenAddress): VirtualAddress => {
    const address = virtualAddressOf(each, base);
    const of = ipFamily(address.address);
    if (address.dev === base && of === family) return { ...address, dev: vmac?.name ?? base };
    if (address.dev === vmac?.name || !(others || each.use_vmac)) return address;
    const key = `${address.dev} ${of}`;
    const known = further.get(key);
    if (known !== undefined) return { ...address, dev: known.name };
    const name = freeName(vrid, of, taken);
    taken.add(name);
    further.set(key, { name, base: address.dev, mac: virtualMac(of, vrid), transmitsOnBase: false });
    return { ...address, dev: name };
  };
  const addresses = written.virtual_addresses.map(place);
  const excluded = written.excluded_addresses.map(place);
  return { vmac, addressVmacs: [...further.values()], addresses, excluded };
}

/** `vrrp.51`, and then `vrrp6.51` for IPv6, `vrrp1.51`, `vrrp2.51` and so on, as keepalived 2.2.7 chooses. */
export function freeName(
  vrid: number,
  family: Family,
  taken: ReadonlySet<string>,
  beginning = 'vrrp',
): string {
  const usual = family === 'inet6' ? ['', '6'] : [''];
  const free = usual.map((more) => `${beginning}${more}.${vrid}`).find((name) => !taken.has(name));
  if (free !== undefined) return free;
  for (let n = 1; ; n++) {
    const name = `${beginning}${n}.${vrid}`;
    if (!taken.has(name)) return name;
  }
}
