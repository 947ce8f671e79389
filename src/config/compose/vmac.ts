import type { Family } from '../../base/ip.ts';
import type { Mac } from '../../base/mac.ts';
import type { VirtualAddress } from '../../model/addresses.ts';
import type { VmacConfig } from '../../model/config.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';

export interface Vmacs {
  readonly vmac: VmacConfig | null;
  readonly addressVmacs: readonly VmacConfig[];
  /** The address on the interface that it belongs on. */
  readonly deviceOf: (address: VirtualAddress) => VirtualAddress;
}

/** RFC 9568 §7.3. */
const PREFIX: Readonly<Record<Family, string>> = { inet: '00:00:5e:00:01', inet6: '00:00:5e:00:02' };

/** The interfaces with a virtual MAC address that an instance asks for, called as keepalived calls them; `taken` grows. */
export function vmacsOf(written: WrittenInstance, family: Family, taken: Set<string>): Vmacs {
  const { use_vmac: wanted, use_vmac_addr: others, virtual_router_id: vrid, interface: base } = written;
  const ofRouter = `${PREFIX[family]}:${vrid.toString(16).padStart(2, '0')}` as Mac;
  // An IPv6 router beside an IPv4 one of the same VRID gives way.
  const usual = taken.has(`vrrp.${vrid}`) ? `vrrp6.${vrid}` : `vrrp.${vrid}`;
  const own = typeof wanted === 'boolean' ? {} : wanted;
  const mac = (own.mac?.toLowerCase() as Mac | undefined) ?? ofRouter;
  const vmac: VmacConfig | null =
    wanted === false ? null : { name: own.name ?? usual, base, mac, transmitsOnBase: written.vmac_xmit_base };
  const devices = [...written.virtual_addresses, ...written.excluded_addresses].flatMap(({ dev }) =>
    dev === undefined || dev === base || dev === vmac?.name ? [] : [dev],
  );
  const addressVmacs = others
    ? [...new Set(devices)].map((dev, i): VmacConfig => {
        const name = `${vmac?.name ?? usual}.${i + 1}`;
        return { name, base: dev, mac: ofRouter, transmitsOnBase: false };
      })
    : [];
  for (const { name } of [...(vmac === null ? [] : [vmac]), ...addressVmacs]) taken.add(name);
  const byBase = new Map(
    [...(vmac === null ? [] : [vmac]), ...addressVmacs].map((each) => [each.base, each.name]),
  );
  return {
    vmac,
    addressVmacs,
    deviceOf: (address) => ({ ...address, dev: byBase.get(address.dev) ?? address.dev }),
  };
}
