import { type Family, ipFamily } from '../../base/ip.ts';
import type { Dest, DestKey, ObservedDest, Tunnel } from '../../model/services.ts';
import { type Attr, attrNumber, decodeAttrs, findAttr } from '../netlink.ts';
import type { NetlinkWriter } from '../netlink-writer.ts';
import { decodeFamily, decodeInetAddr, decodePort, familyNumber, writeInetAddr } from './address.ts';
import { DEST, FORWARD_MASK, FORWARDS, TOP, TUNNEL_CHECKSUMS, TUNNEL_TYPES } from './constants.ts';
import { decodeStats } from './stats.ts';

/** The nested destination attribute with nothing but what identifies it. */
export function writeDestKey(writer: NetlinkWriter, key: DestKey): void {
  const opened = writer.open(TOP.dest);
  writeKey(writer, key);
  writer.close(opened);
}

/** The nested destination attribute with all settings, for IPVS_CMD_NEW_DEST and IPVS_CMD_SET_DEST. */
export function writeDest(writer: NetlinkWriter, { key, attrs }: Dest): void {
  const opened = writer.open(TOP.dest);
  writeKey(writer, key);
  writer.number(DEST.forward, 4, FORWARDS.indexOf(attrs.forward));
  writer.number(DEST.weight, 4, attrs.weight);
  writer.number(DEST.upperThreshold, 4, attrs.upperThreshold);
  writer.number(DEST.lowerThreshold, 4, attrs.lowerThreshold);
  if (attrs.tunnel !== null) {
    writer.number(DEST.tunnelType, 1, TUNNEL_TYPES.indexOf(attrs.tunnel.type));
    writer.port(DEST.tunnelPort, attrs.tunnel.port);
    writer.number(DEST.tunnelFlags, 2, TUNNEL_CHECKSUMS.indexOf(attrs.tunnel.checksum));
  }
  writer.close(opened);
}

function writeKey(writer: NetlinkWriter, { address, port }: DestKey): void {
  writer.number(DEST.family, 2, familyNumber(ipFamily(address)));
  writeInetAddr(writer, DEST.address, address);
  writer.port(DEST.port, port);
}

/** A destination of a dump of a service of this family; null where it cannot be read. */
export function decodeDest(serviceFamily: Family, nested: Attr): ObservedDest | null {
  const decoded = decodeAttrs(nested.payload);
  if (!decoded.ok) return null;
  const find = (type: number): Attr | undefined => findAttr(decoded.value, type);
  const number = (type: number): number | null => {
    const found = find(type);
    const value = found === undefined ? null : attrNumber(found);
    return value === null ? null : Number(value);
  };
  const [family, address, port] = [find(DEST.family), find(DEST.address), find(DEST.port)];
  // Kernels before 3.18 have no family here: it is the service's.
  const familyName = family === undefined ? serviceFamily : decodeFamily(family);
  if (familyName === null || address === undefined || port === undefined) return null;
  const ip = decodeInetAddr(familyName, address.payload);
  const portNumber = decodePort(port.payload);
  const forward = FORWARDS[(number(DEST.forward) ?? FORWARD_MASK) & FORWARD_MASK];
  if (ip === null || portNumber === null || forward === undefined) return null;
  return {
    key: { address: ip, port: portNumber },
    attrs: {
      weight: number(DEST.weight) ?? 0,
      forward,
      upperThreshold: number(DEST.upperThreshold) ?? 0,
      lowerThreshold: number(DEST.lowerThreshold) ?? 0,
      tunnel: forward === 'tun' ? decodeTunnel(find, number) : null,
    },
    activeConns: number(DEST.activeConns) ?? 0,
    inactiveConns: number(DEST.inactiveConns) ?? 0,
    persistentConns: number(DEST.persistentConns) ?? 0,
    stats: decodeStats(find(DEST.stats64), find(DEST.stats)),
  };
}

/** Null where the kernel's tunnel cannot be told, which differs from every tunnel that can be asked for. */
function decodeTunnel(
  find: (type: number) => Attr | undefined,
  number: (type: number) => number | null,
): Tunnel | null {
  const port = find(DEST.tunnelPort);
  const type = TUNNEL_TYPES[number(DEST.tunnelType) ?? 0];
  const checksum = TUNNEL_CHECKSUMS[number(DEST.tunnelFlags) ?? 0];
  if (type === undefined || checksum === undefined) return null;
  return { type, port: (port === undefined ? null : decodePort(port.payload)) ?? 0, checksum };
}
