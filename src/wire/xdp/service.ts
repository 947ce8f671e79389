import { dataView } from '../../base/bytes.ts';
import { ipFamily } from '../../base/ip.ts';
import type { Persistence } from '../../model/services.ts';
import type { Region, XdpService, XdpTraffic } from '../../model/xdp.ts';
import { decodeAddress, encodeAddress, familyNumber, familyOf } from './address.ts';
import { PROTOCOLS } from './key.ts';
import { SCHEDULERS, SERVICE, SERVICE_FLAGS } from './layout.ts';
import { nameOf } from './names.ts';
import { secondsToTicks } from './ticks.ts';

/** What a slot of `services` holds. */
export interface XdpServiceRecord extends Omit<XdpService, 'slot' | 'servers'> {
  /** Choices of rr and wrr so far. */
  readonly choices: bigint;
  /** What former servers of it counted. */
  readonly folded: XdpTraffic;
}

const { at } = SERVICE;

/** A record of `services`. Throws on a scheduler that the program does not have. */
export function encodeService(service: XdpServiceRecord): Uint8Array {
  const bytes = new Uint8Array(SERVICE.size);
  const view = dataView(bytes);
  const { key, attrs } = service;
  const family = ipFamily(key.address);
  view.setBigUint64(at.ring, encodeRing(service.ring), true);
  view.setUint8(at.scheduler, schedulerNumber(attrs.scheduler));
  view.setUint8(at.family, familyNumber(family));
  view.setUint16(at.flags, flags(service), true);
  view.setBigUint64(at.counter, service.choices, true);
  bytes.set(encodeAddress(key.address), at.address);
  view.setUint16(at.port, key.port);
  view.setUint8(at.protocol, PROTOCOLS[key.protocol]);
  view.setUint8(
    at.scheduler_flags,
    attrs.schedulerFlags.reduce((bits, flag) => bits | (1 << (flag - 1)), 0),
  );
  view.setUint32(at.ring_of, service.ringOf, true);
  if (attrs.persistence !== null) {
    const { timeout, prefix } = attrs.persistence;
    view.setUint32(at.persist_timeout, secondsToTicks(timeout), true);
    bytes.set(prefixMask(prefix), at.persist_mask);
    view.setUint32(at.persist_seconds, timeout, true);
    view.setUint8(at.persist_prefix, prefix);
  }
  view.setBigUint64(at.folded_conns, service.folded.conns, true);
  view.setBigUint64(at.folded_packets, service.folded.packets, true);
  view.setBigUint64(at.folded_bytes, service.folded.bytes, true);
  return bytes;
}

/** Null for a slot that is not in use. */
export function decodeService(bytes: Uint8Array): XdpServiceRecord | null {
  const view = dataView(bytes);
  const bits = view.getUint16(at.flags, true);
  if ((bits & SERVICE_FLAGS.used) === 0) return null;
  const family = familyOf(view.getUint8(at.family));
  return {
    key: {
      kind: 'address',
      protocol: nameOf(PROTOCOLS, view.getUint8(at.protocol)),
      address: decodeAddress(family, bytes, at.address),
      port: view.getUint16(at.port),
    },
    attrs: {
      scheduler: nameOf(SCHEDULERS, view.getUint8(at.scheduler)),
      schedulerFlags: ([1, 2, 3] as const).filter(
        (flag) => (view.getUint8(at.scheduler_flags) & (1 << (flag - 1))) !== 0,
      ),
      persistence: decodePersistence(view),
      onePacket: (bits & SERVICE_FLAGS.one_packet) !== 0,
    },
    isOwned: (bits & SERVICE_FLAGS.owned) !== 0,
    ring: decodeRing(view.getBigUint64(at.ring, true)),
    ringOf: view.getUint32(at.ring_of, true),
    choices: view.getBigUint64(at.counter, true),
    folded: {
      conns: view.getBigUint64(at.folded_conns, true),
      packets: view.getBigUint64(at.folded_packets, true),
      bytes: view.getBigUint64(at.folded_bytes, true),
    },
  };
}

/** The word that makes a region the ring of a service. */
export const encodeRing = ({ offset, size }: Region): bigint => (BigInt(offset) << 32n) | BigInt(size);

const decodeRing = (word: bigint): Region => ({
  offset: Number(word >> 32n),
  size: Number(word & 0xffff_ffffn),
});

function schedulerNumber(name: string): number {
  const number = (SCHEDULERS as Readonly<Record<string, number>>)[name];
  if (number === undefined) throw new RangeError(`the program has no scheduler ${name}`);
  return number;
}

function flags({ attrs, isOwned }: XdpServiceRecord): number {
  const { scheduler, schedulerFlags, persistence, onePacket } = attrs;
  // ip_vs_sh.c and ip_vs_mh.c: the client's address alone, unless flag 2 (port) is set.
  const bySource = (scheduler === 'mh' || scheduler === 'sh') && !schedulerFlags.includes(2);
  return (
    SERVICE_FLAGS.used |
    (isOwned ? SERVICE_FLAGS.owned : 0) |
    (onePacket ? SERVICE_FLAGS.one_packet : 0) |
    (persistence !== null ? SERVICE_FLAGS.persistent : 0) |
    (bySource ? SERVICE_FLAGS.source_hash : 0)
  );
}

/** The mask of `persist_mask`: so many bits from the first byte on. */
export function prefixMask(prefix: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => 0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i)));
}

function decodePersistence(view: DataView): Persistence | null {
  const timeout = view.getUint32(at.persist_seconds, true);
  return timeout === 0 ? null : { timeout, prefix: view.getUint8(at.persist_prefix), engine: null };
}
