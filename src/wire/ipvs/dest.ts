import { type Family, ipFamily } from '../../base/ip.ts';
import type { Dest, DestKey, ObservedDest, Tunnel } from '../../model/services.ts';
import { AttrTable } from '../attr-table.ts';
import { GENL_HEADER } from '../genl.ts';
import { type NetlinkWriter, networkOrder } from '../netlink-writer.ts';
import { decodeInetAddr, familyNumber, familyOf, ip4Word, writeInetAddr } from './address.ts';
import { DEST, FORWARD_MASK, FORWARDS, TOP, TUNNEL_CHECKSUMS, TUNNEL_TYPES } from './constants.ts';
import { StatsDecoder } from './stats.ts';

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

/** Where an IPv4 address and the port are in what `writeDest` writes, in words. */
const ADDRESS_AT = 4;
const PORT_AT = 9;

/** Makes another server of the one that the last message is about, whose destination begins at `place`: both have IPv4. */
export function rewriteDest(writer: NetlinkWriter, place: number, { address, port }: DestKey): void {
  writer.replace(place + ADDRESS_AT, ip4Word(address));
  writer.replace(place + PORT_AT, networkOrder(port));
}

function writeKey(writer: NetlinkWriter, { address, port }: DestKey): void {
  writer.number(DEST.family, 2, familyNumber(ipFamily(address)));
  writeInetAddr(writer, DEST.address, address);
  writer.port(DEST.port, port);
}

/** Reads the destinations of a dump of a service of this family, one after the other. */
export class DestDecoder {
  readonly #family: Family;
  readonly #top = new AttrTable(TOP.dest);
  readonly #attrs = new AttrTable(DEST.tunnelFlags);
  readonly #stats = new StatsDecoder();

  constructor(serviceFamily: Family) {
    this.#family = serviceFamily;
  }

  /** The destination in an answer to IPVS_CMD_GET_DEST; null where it cannot be read. */
  decode(payload: Uint8Array): ObservedDest | null {
    const attrs = this.#attrs;
    if (payload.length < GENL_HEADER || !this.#top.read(payload, GENL_HEADER, payload.length)) return null;
    if (!this.#top.has(TOP.dest)) return null;
    if (!attrs.read(payload, this.#top.start(TOP.dest), this.#top.end(TOP.dest))) return null;
    // Kernels before 3.18 have no family here: it is the service's.
    const family = attrs.has(DEST.family) ? familyOf(attrs.number(DEST.family)) : this.#family;
    if (family === null || !attrs.has(DEST.address) || !attrs.has(DEST.port)) return null;
    const ip = decodeInetAddr(family, attrs.payload(DEST.address));
    const port = attrs.port(DEST.port);
    const forward = FORWARDS[(attrs.number(DEST.forward) ?? FORWARD_MASK) & FORWARD_MASK];
    if (ip === null || port === null || forward === undefined) return null;
    return {
      key: { address: ip, port },
      attrs: {
        weight: attrs.number(DEST.weight) ?? 0,
        forward,
        upperThreshold: attrs.number(DEST.upperThreshold) ?? 0,
        lowerThreshold: attrs.number(DEST.lowerThreshold) ?? 0,
        tunnel: forward === 'tun' ? decodeTunnel(attrs) : null,
      },
      activeConns: attrs.number(DEST.activeConns) ?? 0,
      inactiveConns: attrs.number(DEST.inactiveConns) ?? 0,
      persistentConns: attrs.number(DEST.persistentConns) ?? 0,
      stats: this.#stats.decode(payload, attrs, attrs.has(DEST.stats64) ? DEST.stats64 : DEST.stats),
    };
  }
}

/** Null where the kernel's tunnel cannot be told, which differs from every tunnel that can be asked for. */
function decodeTunnel(attrs: AttrTable): Tunnel | null {
  const type = TUNNEL_TYPES[attrs.number(DEST.tunnelType) ?? 0];
  const checksum = TUNNEL_CHECKSUMS[attrs.number(DEST.tunnelFlags) ?? 0];
  if (type === undefined || checksum === undefined) return null;
  return { type, port: attrs.port(DEST.tunnelPort) ?? 0, checksum };
}
