import { type Ip, ipBytes, ipFamily } from './ip.ts';

/** Whether an address is in the subnet of another one, which is of the other family at times: then it is not. */
export function inSubnet(address: Ip, subnet: { readonly address: Ip; readonly prefix: number }): boolean {
  if (ipFamily(address) !== ipFamily(subnet.address)) return false;
  const wanted = ipBytes(subnet.address);
  return ipBytes(address).every((byte, i) => {
    const bits = Math.max(0, Math.min(8, subnet.prefix - 8 * i));
    const mask = (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((wanted[i] ?? 0) & mask);
  });
}
