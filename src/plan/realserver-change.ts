import { type Family, type Ip, ipFamily } from '../base/ip.ts';

/** One change to a real server: planned, shown as a command, performed, and remembered so that it can be undone. */
export type RealServerChange =
  | { readonly kind: 'module'; readonly name: string }
  /** `name` as sysctl(8) has it, with dots. */
  | { readonly kind: 'sysctl'; readonly name: string; readonly value: string }
  | { readonly kind: 'link'; readonly dev: string; readonly up: boolean }
  /** A UDP port on which the kernel takes GUE out of its datagrams. */
  | { readonly kind: 'gue'; readonly port: number; readonly family: Family; readonly present: boolean }
  | { readonly kind: 'address'; readonly address: Ip; readonly dev: string; readonly present: boolean };

/** A change in its place: to be made, nothing to do, or left undone with the reason. */
export type RealServerStep =
  | { readonly verdict: 'do'; readonly change: RealServerChange }
  /** `because` is what does the same, where that is not the change itself. */
  | { readonly verdict: 'so'; readonly change: RealServerChange; readonly because?: string }
  | { readonly verdict: 'leave'; readonly change: RealServerChange; readonly because: string };

/** Ends the label of an address that was added here: `lo:lbd`. */
const MARK = ':lbd';
/** IFNAMSIZ, without the zero at its end (linux/if.h). */
const LONGEST_LABEL = 15;

/** The label of a virtual address; null for IPv6, which has no labels, and where it would be too long. */
export function labelOf(address: Ip, dev: string): string | null {
  const label = `${dev}${MARK}`;
  return ipFamily(address) === 'inet' && label.length <= LONGEST_LABEL ? label : null;
}

/** The prefix of a single host: an address with a shorter one would take its whole subnet for this machine. */
export const hostPrefix = (address: Ip): 32 | 128 => (ipFamily(address) === 'inet' ? 32 : 128);

/** The command that does the same by hand, as its words. */
export function commandOf(change: RealServerChange): readonly [string, ...string[]] {
  switch (change.kind) {
    case 'module':
      return ['modprobe', change.name];
    case 'sysctl':
      return ['sysctl', '-w', `${change.name}=${change.value}`];
    case 'link':
      return ['ip', 'link', 'set', change.dev, change.up ? 'up' : 'down'];
    case 'gue':
      return [
        ...(['ip', ...(change.family === 'inet6' ? ['-6'] : [])] as [string, ...string[]]),
        ...['fou', change.present ? 'add' : 'del', 'port', String(change.port)],
        ...(change.present ? ['gue'] : []),
      ];
    case 'address':
      return addressCommand(change);
  }
}

function addressCommand({
  address,
  dev,
  present,
}: Extract<RealServerChange, { kind: 'address' }>): readonly [string, ...string[]] {
  const where = [`${address}/${hostPrefix(address)}`, 'dev', dev];
  if (!present) return ['ip', 'addr', 'del', ...where];
  const label = labelOf(address, dev);
  // The director has the address too: looking for duplicates would find it.
  const more = ipFamily(address) === 'inet6' ? ['nodad'] : label === null ? [] : ['label', label];
  return ['ip', 'addr', 'add', ...where, ...more];
}
