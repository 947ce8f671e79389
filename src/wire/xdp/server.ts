import { dataView } from '../../base/bytes.ts';
import { type Ip, ipFamily } from '../../base/ip.ts';
import { type Mac, macBytes, macFromBytes } from '../../base/mac.ts';
import type { DestAttrs, Forward, Tunnel } from '../../model/services.ts';
import type { XdpServer } from '../../model/xdp.ts';
import { decodeAddress, encodeAddress, familyNumber, familyOf } from './address.ts';
import { METHODS, SERVER, SERVER_FLAGS, SERVER_STATES } from './layout.ts';
import { nameOf } from './names.ts';

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
  const bytes = new Uint8Array(SERVER.size);
  const view = dataView(bytes);
  const { key, attrs, path, state } = server;
  view.setUint8(at.method, METHODS[method(key.address, attrs)]);
  view.setUint8(at.flags, flags(server));
  view.setUint32(at.weight, attrs.weight, true);
  bytes.set(encodeAddress(key.address), at.outer_destination);
  if (path !== null) {
    bytes.set(macBytes(path.destination), at.destination_mac);
    bytes.set(macBytes(path.source), at.source_mac);
    view.setUint32(at.ifindex, path.ifindex, true);
    view.setUint16(at.mtu, Math.min(path.mtu, 0xffff), true);
    bytes.set(encodeAddress(path.outerSource), at.outer_source);
  }
  view.setUint32(at.service, server.service, true);
  bytes.set(encodeAddress(key.address), at.address);
  view.setUint16(at.port, key.port);
  view.setUint8(at.family, familyNumber(ipFamily(key.address)));
  view.setUint8(at.state, SERVER_STATES[state]);
  view.setUint32(at.upper_threshold, attrs.upperThreshold, true);
  view.setUint32(at.lower_threshold, attrs.lowerThreshold, true);
  view.setUint32(at.configured_weight, server.configuredWeight ?? 0, true);
  view.setUint8(at.is_configured, server.configuredWeight === null ? 0 : 1);
  view.setUint8(at.forward, FORWARDS[attrs.forward]);
  if (attrs.tunnel !== null) {
    view.setUint16(at.tunnel_port, attrs.tunnel.port);
    view.setUint8(at.tunnel_type, TUNNEL_TYPES[attrs.tunnel.type]);
    view.setUint8(at.tunnel_checksum, TUNNEL_CHECKSUMS[attrs.tunnel.checksum]);
  }
  return bytes;
}

/** Null for a slot that is free. */
export function decodeServer(bytes: Uint8Array): XdpServerRecord | null {
  const view = dataView(bytes);
  const state = nameOf(SERVER_STATES, view.getUint8(at.state));
  if (state === 'free') return null;
  const family = familyOf(view.getUint8(at.family));
  const forward = nameOf(FORWARDS, view.getUint8(at.forward));
  return {
    state,
    service: view.getUint32(at.service, true),
    key: { address: decodeAddress(family, bytes, at.address), port: view.getUint16(at.port) },
    attrs: {
      weight: view.getUint32(at.weight, true),
      forward,
      upperThreshold: view.getUint32(at.upper_threshold, true),
      lowerThreshold: view.getUint32(at.lower_threshold, true),
      tunnel: forward === 'tun' ? decodeTunnel(view) : null,
    },
    configuredWeight:
      view.getUint8(at.is_configured) === 0 ? null : view.getUint32(at.configured_weight, true),
    path: decodePath(bytes, view, forward),
  };
}

function method(address: Ip, { forward, tunnel }: DestAttrs): keyof typeof METHODS {
  const isV4 = ipFamily(address) === 'inet';
  if (forward === 'dr') return 'dr';
  if (forward === 'tun' && tunnel?.type === 'ipip') return isV4 ? 'ip4' : 'ip6';
  if (forward === 'tun' && tunnel?.type === 'gue') return isV4 ? 'gue4' : 'gue6';
  throw new RangeError(`the program cannot forward by ${forward} ${tunnel?.type ?? ''}`);
}

function flags({ state, attrs, path }: XdpServerRecord): number {
  if (state !== 'in') return 0;
  return (
    SERVER_FLAGS.used |
    (attrs.weight > 0 ? SERVER_FLAGS.available : 0) |
    (path !== null ? SERVER_FLAGS.reachable : 0)
  );
}

function decodeTunnel(view: DataView): Tunnel {
  return {
    type: nameOf(TUNNEL_TYPES, view.getUint8(at.tunnel_type)),
    port: view.getUint16(at.tunnel_port),
    checksum: nameOf(TUNNEL_CHECKSUMS, view.getUint8(at.tunnel_checksum)),
  };
}

function decodePath(bytes: Uint8Array, view: DataView, forward: Forward): XdpPath | null {
  const ifindex = view.getUint32(at.ifindex, true);
  if (ifindex === 0) return null;
  const family = familyOf(view.getUint8(at.family));
  return {
    ifindex,
    source: macFromBytes(bytes.subarray(at.source_mac, at.source_mac + 6)),
    destination: macFromBytes(bytes.subarray(at.destination_mac, at.destination_mac + 6)),
    mtu: view.getUint16(at.mtu, true),
    outerSource: forward === 'tun' ? decodeAddress(family, bytes, at.outer_source) : null,
  };
}
