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
  takeServers(
    count: number,
  ): Result<{ readonly free: readonly number[]; readonly retired: readonly number[] }, XdpRefusal>;
  takeService(): Result<number, XdpRefusal>;
  takeRing(size: number): Result<Region, XdpRefusal>;
  /** They are given back by this change. */
  giveBack(what: Partial<Resting>): void;
  /** All that this change gave back. */
  resting(): Resting;
  /** The slots of former servers after this change, in their order. */
  retired(): readonly number[];
}

/** The room in the maps, for one change. What it gives back it does not take again. */
export function xdpSlots(table: XdpTable, rested: Resting): XdpSlots {
  const { room, services, retired } = table;
  const usedServices = new Set([...services.map(({ slot }) => slot), ...rested.services]);
  const resting = new Set(rested.servers);
  const cleared = retired.filter((slot) => !resting.has(slot));
  let takenAgain = 0;
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
      if (count === 0) return ok({ free: [], retired: [] });
      usedServers ??= usedSlots(table);
      const free: number[] = [];
      const from = nextServer;
      for (; free.length < count && nextServer < room.servers; nextServer++)
        if (usedServers[nextServer] === 0) free.push(nextServer);
      const lacking = count - free.length;
      if (lacking > cleared.length - takenAgain) {
        nextServer = from;
        return err(refusal('ENOSPC', `the XDP plane has room for ${room.servers} servers`));
      }
      takenAgain += lacking;
      return ok({ free, retired: cleared.slice(takenAgain - lacking, takenAgain) });
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
      for (const slot of freed) back.services.push(slot);
      for (const slot of servers) back.servers.push(slot);
      for (const ring of rings) pool = releaseRing(pool, ring);
    },
    resting: () => ({ ...back, rings: pool.released }),
    retired() {
      if (takenAgain === 0 && back.servers.length === 0) return retired;
      const again = new Set(cleared.slice(0, takenAgain));
      return [...retired.filter((slot) => !again.has(slot)), ...back.servers].sort((a, b) => a - b);
    },
  };
}

/** 1 for each slot of a server, and of a former one. */
function usedSlots({ room, services, retired }: XdpTable): Uint8Array {
  const used = new Uint8Array(room.servers);
  for (const { servers } of services) for (const { slot } of servers) used[slot] = 1;
  for (const slot of retired) used[slot] = 1;
  return used;
}
