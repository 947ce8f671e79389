import { destKey, type ObservedService, serviceKey, type TrafficStats } from '../model/services.ts';

/** How often `step` is to be called, as the kernel's estimator is. */
export const ESTIMATION_MS = 2000;

interface Estimate {
  readonly last: TrafficStats;
  /** Scaled by 2^10, that of bytes by 2^5. */
  readonly cps: bigint;
  readonly pps: bigint;
  readonly bps: bigint;
}

/**
 * What services and servers are sent per second, estimated as IPVS does (net/netfilter/ipvs/ip_vs_est.c): every two
 * seconds a quarter of what differs from the mean so far is added to it.
 */
export class XdpRates {
  #estimates: ReadonlyMap<string, Estimate> = new Map();

  /** All services there are, two seconds after the last call. */
  step(services: readonly ObservedService[]): void {
    const estimates = new Map<string, Estimate>();
    const estimate = (name: string, stats: TrafficStats) => {
      estimates.set(name, next(this.#estimates.get(name), stats));
    };
    for (const service of services) {
      const name = serviceKey(service.key);
      estimate(name, service.stats);
      for (const { key, stats } of service.dests) estimate(`${name} ${destKey(key)}`, stats);
    }
    this.#estimates = estimates;
  }

  /** The service with its rates. */
  rated(service: ObservedService): ObservedService {
    const name = serviceKey(service.key);
    const dests = service.dests.map((dest) => ({
      ...dest,
      stats: this.#rated(`${name} ${destKey(dest.key)}`, dest.stats),
    }));
    return { ...service, stats: this.#rated(name, service.stats), dests };
  }

  #rated(name: string, stats: TrafficStats): TrafficStats {
    const estimate = this.#estimates.get(name);
    if (estimate === undefined) return stats;
    return {
      ...stats,
      cps: (estimate.cps + 0x1ffn) >> 10n,
      inPps: (estimate.pps + 0x1ffn) >> 10n,
      inBps: (estimate.bps + 0xfn) >> 5n,
    };
  }
}

function next(before: Estimate | undefined, stats: TrafficStats): Estimate {
  // Counters begin anew where a server was removed and has come back.
  if (before === undefined || stats.inPackets < before.last.inPackets) {
    return { last: stats, cps: 0n, pps: 0n, bps: 0n };
  }
  const { last, cps, pps, bps } = before;
  return {
    last: stats,
    cps: cps + ((((stats.conns - last.conns) << 9n) - cps) >> 2n),
    pps: pps + ((((stats.inPackets - last.inPackets) << 9n) - pps) >> 2n),
    bps: bps + ((((stats.inBytes - last.inBytes) << 4n) - bps) >> 2n),
  };
}
