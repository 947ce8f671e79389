import { err, ok, type Result } from '../base/result.ts';
import type { Region, XdpRefusal, XdpTable } from '../model/xdp.ts';
import { releaseRing, ringPool, takeRing } from './rings.ts';
import { refusal } from './xdp-refuse.ts';

/** What a change gave back: a packet that is under way may still go there, so the next change leaves it alone. */
export interface Resting {
  readonly services: readonly number[];
  readonly servers: readonly number[];
  readonly rings: readonly Region[];
}

export const NOTHING_RESTS: Resting = { services: [], servers: [], rings: [] };

export interface XdpSlots {
  /** So many slots for servers; those that are `retired` must be cleared of flows before they are filled. */
  takeServers(count: number): Result<readonly { slot: number; isRetired: boolean }[], XdpRefusal>;
  takeService(): Result<number, XdpRefusal>;
  takeRing(size: number): Result<Region, XdpRefusal>;
  /** They are given back by this change. */
  giveBack(what: Partial<Resting>): void;
  /** All that this change gave back. */
  resting(): Resting;
}

/** The room in the maps, for one change. What it gives back it does not take again. */
export function xdpSlots(table: XdpTable, rested: Resting): XdpSlots {
  const { room, services, retired } = table;
  const usedServices = new Set([...services.map(({ slot }) => slot), ...rested.services]);
  const resting = new Set(rested.servers);
  const cleared = retired.filter((slot) => !resting.has(slot));
  let pool = ringPool(
    room.words,
    services.map(({ ring }) => ring),
    rested.rings,
  );
  const back = { services: [] as number[], servers: [] as number[] };
  let nextService = 0;
  let nextServer = 0;
  let usedServers: Uint8Array | null = null;

  return {
    takeServers(count) {
      if (count === 0) return ok([]);
      usedServers ??= usedSlots(table);
      const taken: { slot: number; isRetired: boolean }[] = [];
      const from = nextServer;
      for (; taken.length < count && nextServer < room.servers; nextServer++)
        if (usedServers[nextServer] === 0) taken.push({ slot: nextServer, isRetired: false });
      if (count - taken.length > cleared.length) {
        nextServer = from;
        return err(refusal('ENOSPC', `the XDP plane has room for ${room.servers} servers`));
      }
      const again = cleared.splice(0, count - taken.length);
      return ok([...taken, ...again.map((slot) => ({ slot, isRetired: true }))]);
    },
    takeService() {
      while (usedServices.has(nextService)) nextService++;
      if (nextService < room.services) return ok(nextService++);
      return err(refusal('ENOSPC', `the XDP plane has room for ${room.services} services`));
    },
    takeRing(size) {
      const taken = takeRing(pool, size);
      if (!taken.ok) {
        const lacking = `a ring of ${size} words does not fit: the largest gap has ${taken.error} of ${room.words}`;
        return err(refusal('ENOSPC', `the XDP plane has no room: ${lacking}`));
      }
      pool = taken.value.pool;
      return ok(taken.value.region);
    },
    giveBack({ services: freed = [], servers = [], rings = [] }) {
      back.services = back.services.concat(freed);
      back.servers = back.servers.concat(servers);
      for (const ring of rings) pool = releaseRing(pool, ring);
    },
    resting: () => ({ ...back, rings: pool.released }),
  };
}

/** 1 for each slot of a server, and of a former one. */
function usedSlots({ room, services, retired }: XdpTable): Uint8Array {
  const used = new Uint8Array(room.servers);
  for (const { servers } of services) for (const { slot } of servers) used[slot] = 1;
  for (const slot of retired) used[slot] = 1;
  return used;
}
