import type { ObservedDest, ObservedService, ObservedTable, TrafficStats } from '../model/services.ts';
import type { XdpCounters, XdpServer, XdpService, XdpTable, XdpTraffic } from '../model/xdp.ts';
import { openServices } from './xdp-open.ts';

/** The version of IPVS whose table this is like (IP_VS_VERSION_CODE), for those who read it as one. */
const VERSION = '1.2.1';

/**
 * The maps as the kernel would tell an IPVS table. Servers that are only configured are not there. A service counts
 * what all its servers do, and what former ones did; what servers answer is not seen, and nothing is told per second.
 */
export const viewXdp = (table: XdpTable, counters: XdpCounters): ObservedTable => ({
  version: VERSION,
  connectionTableSize: counters.flowTableSize,
  services: openServices(table).map((service) => viewXdpService(service, counters)),
});

/** One service of it. */
export function viewXdpService(service: XdpService, counters: XdpCounters): ObservedService {
  const { slot, key, attrs, servers } = service;
  const total = servers.reduce(
    (sum, server) => added(sum, counters.servers.get(server.slot)?.traffic ?? NO_TRAFFIC),
    counters.folded.get(slot) ?? NO_TRAFFIC,
  );
  const dests = servers.filter(({ state }) => state === 'in').map((server) => viewServer(server, counters));
  return { key, attrs, dests, stats: stats(total) };
}

function viewServer({ slot, key, attrs }: XdpServer, counters: XdpCounters): ObservedDest {
  const counted = counters.servers.get(slot);
  return {
    key,
    attrs,
    activeConns: counted?.active ?? 0,
    inactiveConns: counted?.inactive ?? 0,
    persistentConns: 0,
    stats: stats(counted?.traffic ?? NO_TRAFFIC),
  };
}

const NO_TRAFFIC: XdpTraffic = { conns: 0n, packets: 0n, bytes: 0n };

const added = (a: XdpTraffic, b: XdpTraffic): XdpTraffic => ({
  conns: a.conns + b.conns,
  packets: a.packets + b.packets,
  bytes: a.bytes + b.bytes,
});

const stats = ({ conns, packets, bytes }: XdpTraffic): TrafficStats => ({
  conns,
  inPackets: packets,
  outPackets: 0n,
  inBytes: bytes,
  outBytes: 0n,
  cps: 0n,
  inPps: 0n,
  outPps: 0n,
  inBps: 0n,
  outBps: 0n,
});
