import { type Family, ipFamily } from '../../base/ip.ts';
import type {
  ObservedService,
  Protocol,
  Service,
  ServiceAttrs,
  ServiceKey,
  TrafficStats,
} from '../../model/services.ts';
import { AttrTable } from '../attr-table.ts';
import { type Attr, attrNumber, attrText, decodeAttrs, findAttr } from '../netlink.ts';
import type { NetlinkWriter } from '../netlink-writer.ts';
import {
  decodeFamily,
  decodeInetAddr,
  decodeNetmask,
  decodePort,
  familyNumber,
  netmaskWord,
  writeInetAddr,
} from './address.ts';
import { PROTOCOLS, SCHEDULER_FLAGS, SERVICE, SERVICE_FLAG, TOP } from './constants.ts';
import { StatsDecoder } from './stats.ts';

export const serviceFamily = (key: ServiceKey): Family =>
  key.kind === 'fwmark' ? key.family : ipFamily(key.address);

/** The nested service attribute with nothing but what identifies it. */
export function writeServiceKey(writer: NetlinkWriter, key: ServiceKey): void {
  const opened = writer.open(TOP.service);
  writeKey(writer, key);
  writer.close(opened);
}

/** The nested service attribute with all settings, for IPVS_CMD_NEW_SERVICE and IPVS_CMD_SET_SERVICE. */
export function writeService(writer: NetlinkWriter, { key, attrs }: Service): void {
  const family = serviceFamily(key);
  const { persistence } = attrs;
  const opened = writer.open(TOP.service);
  writeKey(writer, key);
  writer.text(SERVICE.scheduler, attrs.scheduler);
  // struct ip_vs_flags: the flags, and a mask of those that are meant.
  writer.words(SERVICE.flags, 2);
  writer.word(flags(attrs));
  writer.word(0xffffffff);
  writer.number(SERVICE.timeout, 4, persistence?.timeout ?? 0);
  writer.number(
    SERVICE.netmask,
    4,
    netmaskWord(family, persistence?.prefix ?? (family === 'inet' ? 32 : 128)),
  );
  const engine = persistence?.engine ?? null;
  if (engine !== null) writer.text(SERVICE.engine, engine);
  writer.close(opened);
}

function writeKey(writer: NetlinkWriter, key: ServiceKey): void {
  writer.number(SERVICE.family, 2, familyNumber(serviceFamily(key)));
  if (key.kind === 'fwmark') {
    writer.number(SERVICE.fwmark, 4, key.fwmark);
    return;
  }
  writer.number(SERVICE.protocol, 2, PROTOCOLS[key.protocol]);
  writeInetAddr(writer, SERVICE.address, key.address);
  writer.port(SERVICE.port, key.port);
}

function flags(attrs: ServiceAttrs): number {
  const scheduler = SCHEDULER_FLAGS.filter(([flag]) => attrs.schedulerFlags.includes(flag));
  return scheduler.reduce(
    (sum, [, bit]) => sum | bit,
    (attrs.persistence === null ? 0 : SERVICE_FLAG.persistent) |
      (attrs.onePacket ? SERVICE_FLAG.onePacket : 0),
  );
}

/** A service of a dump, its destinations still missing; null where it cannot be read. */
export function decodeService(nested: Attr): ObservedService | null {
  const decoded = decodeAttrs(nested.payload);
  if (!decoded.ok) return null;
  const find = (type: number): Attr | undefined => findAttr(decoded.value, type);
  const key = decodeServiceKey(find);
  const scheduler = find(SERVICE.scheduler);
  const flagsAndMask = find(SERVICE.flags);
  if (key === null || scheduler === undefined || flagsAndMask === undefined) return null;
  const bits = flagsAndMask.payload[0] ?? 0;
  return {
    key,
    attrs: {
      scheduler: attrText(scheduler),
      schedulerFlags: SCHEDULER_FLAGS.filter(([, bit]) => (bits & bit) !== 0).map(([flag]) => flag),
      persistence: (bits & SERVICE_FLAG.persistent) === 0 ? null : decodePersistence(key, find),
      onePacket: (bits & SERVICE_FLAG.onePacket) !== 0,
    },
    dests: [],
    stats: statsIn(nested.payload),
  };
}

function statsIn(bytes: Uint8Array): TrafficStats {
  const attrs = new AttrTable(SERVICE.stats64);
  attrs.read(bytes, 0, bytes.length);
  return new StatsDecoder().decode(
    bytes,
    attrs,
    attrs.has(SERVICE.stats64) ? SERVICE.stats64 : SERVICE.stats,
  );
}

type Find = (type: number) => Attr | undefined;

function decodePersistence(key: ServiceKey, find: Find): ServiceAttrs['persistence'] {
  const family = serviceFamily(key);
  const timeout = find(SERVICE.timeout);
  const netmask = find(SERVICE.netmask);
  const engine = find(SERVICE.engine);
  return {
    timeout: timeout === undefined ? 0 : Number(attrNumber(timeout) ?? 0n),
    prefix:
      (netmask === undefined ? null : decodeNetmask(family, netmask.payload)) ??
      (family === 'inet' ? 32 : 128),
    engine: engine === undefined || attrText(engine) === '' ? null : attrText(engine),
  };
}

function decodeServiceKey(find: Find): ServiceKey | null {
  const family = find(SERVICE.family);
  const familyName = family === undefined ? null : decodeFamily(family);
  if (familyName === null) return null;
  const fwmark = find(SERVICE.fwmark);
  if (fwmark !== undefined) {
    const number = attrNumber(fwmark);
    return number === null ? null : { kind: 'fwmark', fwmark: Number(number), family: familyName };
  }
  const [protocol, address, port] = [find(SERVICE.protocol), find(SERVICE.address), find(SERVICE.port)];
  if (protocol === undefined || address === undefined || port === undefined) return null;
  const name = protocolName(attrNumber(protocol));
  const ip = decodeInetAddr(familyName, address.payload);
  const number = decodePort(port.payload);
  if (name === null || ip === null || number === null) return null;
  return { kind: 'address', protocol: name, address: ip, port: number };
}

function protocolName(number: bigint | null): Protocol | null {
  switch (number) {
    case 6n:
      return 'tcp';
    case 17n:
      return 'udp';
    case 132n:
      return 'sctp';
    default:
      return null;
  }
}
