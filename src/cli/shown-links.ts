import { type Ip, parseIp } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Run } from './run.ts';

/** What `ip -j -d addr` has of an interface. */
export interface ShownLink {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly link_type: string;
  /** The hardware address. */
  readonly address?: string;
  /** The interface below this one. */
  readonly link?: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info: readonly {
    readonly local?: string;
    readonly prefixlen: number;
    readonly label?: string;
  }[];
}

/** The interfaces of this network namespace with their addresses. */
export async function shownLinks(run: Run): Promise<Result<readonly ShownLink[], string>> {
  const shown = await run(['ip', '-j', '-d', 'addr', 'show']);
  return shown.ok ? ok(JSON.parse(shown.value)) : err(`cannot see the interfaces: ${shown.error.because}`);
}

/** Who asks on its segment gets an answer for its addresses. */
export const answersArp = ({ link_type, flags }: ShownLink): boolean =>
  link_type === 'ether' && !flags.includes('NOARP');

/** The addresses of an interface with their prefix lengths. */
export const addressesOf = ({
  addr_info,
}: ShownLink): readonly { readonly address: Ip; readonly prefix: number }[] =>
  addr_info.flatMap(({ local, prefixlen }) => {
    const address = local === undefined ? null : parseIp(local);
    return address === null ? [] : [{ address, prefix: prefixlen }];
  });
