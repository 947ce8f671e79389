import { type Ip, ipFromBytes, parseIp } from '../../base/ip.ts';
import type { Connection } from '../../model/connections.ts';
import type { DestKey } from '../../model/services.ts';

/**
 * A line of /proc/net/ip_vs_conn (ip_vs_conn_seq_show in net/netfilter/ipvs/ip_vs_conn.c); null for the title and
 * for everything else that is none:
 *
 * ```
 * Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
 * TCP C6336401 C350 C000020A 0050 0A00000B 1F90 ESTABLISHED     897
 * ```
 *
 * Addresses are eight hexadecimal digits, or IPv6 with all of its own.
 */
export function parseConnection(line: string): Connection | null {
  const [protocol, from, fromPort, to, toPort, dest, destPort, state, expires, engine, data] = line
    .trim()
    .split(/ +/);
  const [client, virtual, server] = [at(from, fromPort), at(to, toPort), at(dest, destPort)];
  if (!protocol || !client || !virtual || !server || !state) return null;
  if (expires === undefined || !/^\d+$/.test(expires)) return null;
  return {
    protocol,
    client,
    virtual,
    server,
    state,
    expires: Number(expires),
    engine: engine === undefined || data === undefined ? null : { name: engine, data },
  };
}

function at(address: string | undefined, port: string | undefined): DestKey | null {
  if (address === undefined || port === undefined || !/^[\dA-F]{4}$/.test(port)) return null;
  const ip = /^[\dA-F]{8}$/.test(address) ? inet(address) : parseIp(address);
  return ip === null ? null : { address: ip, port: Number.parseInt(port, 16) };
}

function inet(digits: string): Ip {
  const number = Number.parseInt(digits, 16);
  return ipFromBytes(Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number));
}
