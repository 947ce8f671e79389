import { printEndpoint } from '../base/ip.ts';
import type { DestKey, Forward, ServiceAttrs, ServiceKey } from '../model/services.ts';

/** `TCP  10.0.0.1:80`, `FWM  8 IPv6`, as every listing of ipvsadm -n begins a service's row. */
export function showServiceName(key: ServiceKey): string {
  if (key.kind === 'fwmark') {
    const mark = `FWM  ${printMark(key.fwmark)}`;
    return key.family === 'inet6' ? `${mark} IPv6` : mark;
  }
  return `${key.protocol.toUpperCase().padEnd(4)} ${printEndpoint(key.address, key.port)}`;
}

/** ipvsadm prints a mark with %d: from 2^31 on it shows negative. */
export const printMark = (fwmark: number): string => String(fwmark | 0);

/** `  -> 10.0.0.11:8080`, padded to 33 columns. */
export const showDestName = (key: DestKey): string =>
  `  -> ${printEndpoint(key.address, key.port).padEnd(28)}`;

/** `Masq`, `Route`, … as ipvsadm names the method. */
export const showForward = (forward: Forward): string => FORWARD_NAMES[forward];

// ipvsadm has no name for bypass and hands printf a null pointer, for which glibc prints "(null)".
const FORWARD_NAMES: Readonly<Record<Forward, string>> = {
  nat: 'Masq',
  local: 'Local',
  tun: 'Tunnel',
  dr: 'Route',
  bypass: '(null)',
};

/** `sh-fallback,sh-port`; empty for none that ipvsadm knows for this scheduler. */
export function printSchedulerFlags({ scheduler, schedulerFlags: flags }: ServiceAttrs): string {
  const hashing = scheduler === 'sh' || scheduler === 'mh';
  const names = hashing
    ? ([
        [1, `${scheduler}-fallback`],
        [2, `${scheduler}-port`],
      ] as const)
    : ([
        [1, 'flag-1'],
        [2, 'flag-2'],
        [3, 'flag-3'],
      ] as const);
  return names
    .filter(([flag]) => flags.includes(flag))
    .map(([, name]) => name)
    .join(',');
}

/** The netmask that groups clients, `255.255.255.0` or `64`; null for one client each, which goes without saying. */
export function printGranularity(prefix: number, inet6: boolean): string | null {
  if (inet6) return prefix === 128 ? null : String(prefix);
  if (prefix === 32) return null;
  const bytes = [0, 8, 16, 24].map((from) => (0xff00 >> Math.min(8, Math.max(0, prefix - from))) & 0xff);
  return bytes.join('.');
}
