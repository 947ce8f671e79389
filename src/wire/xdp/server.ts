import { dataView } from '../../base/bytes.ts';
import { type Ip, ipFamily } from '../../base/ip.ts';
import { type Mac, macBytes, macFromBytes } from '../../base/mac.ts';
import type { DestAttrs, Forward, Tunnel } from '../../model/services.ts';
import type { XdpServer } from '../../model/xdp.ts';
import { decodeAddress, familyNumber, familyOf, putAddress } from './address.ts';
import { METHODS, SERVER, SERVER_FLAGS, SERVER_STATES } from './layout.ts';
import { nameOf } from './names.ts';
import { newRecord, type Records } from './records.ts';

/** How frames get to a server. */
export interface XdpPath {
  readonly ifindex: number;
  /** Of that interface. */
  readonly source: Mac;
  /** The server's, or that of the router to it. */
  readonly destination: Mac;
  /** Of that interface, in bytes of IP. */
  readonly mtu: number;
  /** The outer source of tunnels: an address of that interface. Null where there is no tunnel. */
  readonly outerSource: Ip | null;
}

/** What a slot of `servers` holds. */
export interface XdpServerRecord extends Omit<XdpServer, 'slot' | 'state'> {
  /** `retired`: it is no server any more, and flows may still name its slot. */
  readonly state: 'in' | 'out' | 'retired';
  /** The slot of its service. */
  readonly service: number;
  /** Null where it is not known. */
  readonly path: XdpPath | null;
}

const FORWARDS: Readonly<Record<Forward, number>> = { nat: 0, local: 1, tun: 2, dr: 3, bypass: 4 };
const TUNNEL_TYPES: Readonly<Record<Tunnel['type'], number>> = { ipip: 0, gue: 1, gre: 2 };
const TUNNEL_CHECKSUMS: Readonly<Record<Tunnel['checksum'], number>> = { none: 0, csum: 1, remcsum: 2 };

const { at } = SERVER;

/** A record of `servers`. Throws on a forwarding method that the program does not have. */
export function encodeServer(server: XdpServerRecord): Uint8Array {
  const record = newRecord(SERVER.size);
  putServer(record, server.service, server);
  putPath(record, server.path);
  return record.bytes;
}

/** Null for a slot that is free. */
export function decodeServer(bytes: Uint8Array): XdpServerRecord | null {
  const array = { bytes, view: dataView(bytes) };
  const state = serverState(array, 0);
  if (state === 'free') return null;
  const { slot: _, ...server } = decodeServerAt(array, 0);
  return { ...server, state, service: serviceOf(array, 0), path: decodePath(array, 0) };
}

/**
 * Writes a server into an empty record, or over the record of the same server: then its path stays. Throws on a
 * forwarding method that the program does not have.
 */
export function putServer(
  record: Records,
  service: number,
  { key, attrs, state, configuredWeight }: Omit<XdpServerRecord, 'service' | 'path'>,
): void {
  const { view, bytes } = record;
  const { tunnel } = attrs;
  view.setUint8(at.method, METHODS[method(key.address, attrs)]);
  view.setUint32(at.weight, attrs.weight, true);
  putAddress(bytes, at.address, key.address);
  bytes.copyWithin(at.outer_destination, at.address, at.address + 16);
  view.setUint32(at.service, service, true);
  view.setUint16(at.port, key.port);
  view.setUint8(at.family, familyNumber(ipFamily(key.address)));
  view.setUint32(at.upper_threshold, attrs.upperThreshold, true);
  view.setUint32(at.lower_threshold, attrs.lowerThreshold, true);
  view.setUint32(at.configured_weight, configuredWeight ?? 0, true);
  view.setUint8(at.is_configured, configuredWeight === null ? 0 : 1);
  view.setUint8(at.forward, FORWARDS[attrs.forward]);
  view.setUint16(at.tunnel_port, tunnel === null ? 0 : tunnel.port);
  view.setUint8(at.tunnel_type, tunnel === null ? 0 : TUNNEL_TYPES[tunnel.type]);
  view.setUint8(at.tunnel_checksum, tunnel === null ? 0 : TUNNEL_CHECKSUMS[tunnel.checksum]);
  putState(record, state);
}

/** Writes how frames get to the server of a record. */
export function putPath(record: Records, path: XdpPath | null): void {
  const { view, bytes } = record;
  bytes.fill(0, at.outer_source, at.outer_source + 16);
  if (path === null) {
    bytes.fill(0, at.destination_mac, at.ifindex + 4);
    view.setUint16(at.mtu, 0, true);
  } else {
    bytes.set(macBytes(path.destination), at.destination_mac);
    bytes.set(macBytes(path.source), at.source_mac);
    view.setUint32(at.ifindex, path.ifindex, true);
    view.setUint16(at.mtu, Math.min(path.mtu, 0xffff), true);
    if (path.outerSource !== null) putAddress(bytes, at.outer_source, path.outerSource);
  }
  view.setUint8(at.flags, flags(view));
}

/** Writes the state of the server of a record. */
export function putState({ view }: Records, state: XdpServerRecord['state']): void {
  view.setUint8(at.state, SERVER_STATES[state]);
  view.setUint8(at.flags, flags(view));
}

/** The path in a record is one for this forwarding method: a tunnel has outer addresses that direct routing has not. */
export const isPathFor = ({ view }: Records, { forward }: DestAttrs): boolean =>
  view.getUint8(at.forward) === FORWARDS[forward];

/** What records are read of. */
type Read = Pick<Records, 'bytes' | 'view'>;

export const serverState = ({ bytes }: Read, slot: number): XdpServerRecord['state'] | 'free' =>
  nameOf(SERVER_STATES, bytes[slot * SERVER.size + at.state] ?? 0);

/** The slot of the service of the server in a slot. */
export const serviceOf = ({ view }: Read, slot: number): number =>
  view.getUint32(slot * SERVER.size + at.service, true);

/** The server in a slot that is not free; one that is retired as if it were out. */
export function decodeServerAt({ view, bytes }: Read, slot: number): XdpServer {
  const base = slot * SERVER.size;
  const family = familyOf(view.getUint8(base + at.family));
  const forward = nameOf(FORWARDS, view.getUint8(base + at.forward));
  return {
    slot,
    state: view.getUint8(base + at.state) === SERVER_STATES.in ? 'in' : 'out',
    key: {
      address: decodeAddress(family, bytes, base + at.address),
      port: view.getUint16(base + at.port),
    },
    attrs: {
      weight: view.getUint32(base + at.weight, true),
      forward,
      upperThreshold: view.getUint32(base + at.upper_threshold, true),
      lowerThreshold: view.getUint32(base + at.lower_threshold, true),
      tunnel: forward === 'tun' ? decodeTunnel(view, base) : null,
    },
    configuredWeight:
      view.getUint8(base + at.is_configured) === 0 ? null : view.getUint32(base + at.configured_weight, true),
  };
}

/** How frames get to the server in a slot; null where that is not known. */
export function decodePath({ view, bytes }: Read, slot: number): XdpPath | null {
  const base = slot * SERVER.size;
  const ifindex = view.getUint32(base + at.ifindex, true);
  if (ifindex === 0) return null;
  const family = familyOf(view.getUint8(base + at.family));
  const isTunnel = view.getUint8(base + at.forward) === FORWARDS.tun;
  return {
    ifindex,
    source: macFromBytes(bytes.subarray(base + at.source_mac, base + at.source_mac + 6)),
    destination: macFromBytes(bytes.subarray(base + at.destination_mac, base + at.destination_mac + 6)),
    mtu: view.getUint16(base + at.mtu, true),
    outerSource: isTunnel ? decodeAddress(family, bytes, base + at.outer_source) : null,
  };
}

function method(address: Ip, { forward, tunnel }: DestAttrs): keyof typeof METHODS {
  const isV4 = ipFamily(address) === 'inet';
  if (forward === 'dr') return 'dr';
  if (forward === 'tun' && tunnel?.type === 'ipip') return isV4 ? 'ip4' : 'ip6';
  if (forward === 'tun' && tunnel?.type === 'gue') return isV4 ? 'gue4' : 'gue6';
  throw new RangeError(`the program cannot forward by ${forward} ${tunnel?.type ?? ''}`);
}

function flags(view: DataView): number {
  if (view.getUint8(at.state) !== SERVER_STATES.in) return 0;
  return (
    SERVER_FLAGS.used |
    (view.getUint32(at.weight, true) > 0 ? SERVER_FLAGS.available : 0) |
    (view.getUint32(at.ifindex, true) > 0 ? SERVER_FLAGS.reachable : 0)
  );
}

function decodeTunnel(view: DataView, base: number): Tunnel {
  return {
    type: nameOf(TUNNEL_TYPES, view.getUint8(base + at.tunnel_type)),
    port: view.getUint16(base + at.tunnel_port),
    checksum: nameOf(TUNNEL_CHECKSUMS, view.getUint8(base + at.tunnel_checksum)),
  };
}
