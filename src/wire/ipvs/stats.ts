import type { TrafficStats } from '../../model/services.ts';
import { type Attr, attrNumber, decodeAttrs, findAttr } from '../netlink.ts';
import { STATS } from './constants.ts';

const NONE: TrafficStats = {
  conns: 0n,
  inPackets: 0n,
  outPackets: 0n,
  inBytes: 0n,
  outBytes: 0n,
  cps: 0n,
  inPps: 0n,
  outPps: 0n,
  inBps: 0n,
  outBps: 0n,
};

/**
 * Counters from the 64-bit attribute, or from the older one (Linux before 4.1), whose counts of connections and
 * packets wrap at 2^32. A counter that is missing is 0.
 */
export function decodeStats(stats64: Attr | undefined, stats: Attr | undefined): TrafficStats {
  const attribute = stats64 ?? stats;
  if (attribute === undefined) return NONE;
  const attrs = decodeAttrs(attribute.payload);
  if (!attrs.ok) return NONE;
  const count = (type: number): bigint => {
    const found = findAttr(attrs.value, type);
    return found === undefined ? 0n : (attrNumber(found) ?? 0n);
  };
  return {
    conns: count(STATS.conns),
    inPackets: count(STATS.inPackets),
    outPackets: count(STATS.outPackets),
    inBytes: count(STATS.inBytes),
    outBytes: count(STATS.outBytes),
    cps: count(STATS.cps),
    inPps: count(STATS.inPps),
    outPps: count(STATS.outPps),
    inBps: count(STATS.inBps),
    outBps: count(STATS.outBps),
  };
}
