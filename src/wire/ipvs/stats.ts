import { dataView } from '../../base/bytes.ts';
import type { TrafficStats } from '../../model/services.ts';
import { AttrTable } from '../attr-table.ts';
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

/** Without them, most of what a dump of 100,000 servers takes would be numbers that are 0. */
export class StatsDecoder {
  readonly #attrs = new AttrTable(STATS.outBps);

  /**
   * Counters in an attribute of these: the 64-bit one, or the older one (Linux before 4.1), whose counts of connections
   * and packets wrap at 2^32. A counter that is missing is 0.
   */
  decode(bytes: Uint8Array, within: AttrTable, type: number): TrafficStats {
    const attrs = this.#attrs;
    if (!within.has(type) || !attrs.read(bytes, within.start(type), within.end(type))) return NONE;
    if (isQuiet(bytes, attrs)) return NONE;
    const count = (type: number): bigint => {
      const low = attrs.number(type);
      if (low !== null) return BigInt(low);
      const at = attrs.start(type);
      return attrs.end(type) - at === 8 ? dataView(bytes).getBigUint64(at, true) : 0n;
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
}

function isQuiet(bytes: Uint8Array, attrs: AttrTable): boolean {
  for (let type = 1; type <= STATS.outBps; type++) {
    for (let at = attrs.start(type); at < attrs.end(type); at++) if (bytes[at] !== 0) return false;
  }
  return true;
}
