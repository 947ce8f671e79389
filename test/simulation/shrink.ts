import { simulate } from './simulate.ts';
import type { Machine, Program } from './surroundings.ts';
import type { Happening, World } from './world.ts';

/** Runs that shrinking may take. */
const RUNS = 400;

/** A smaller world in which the same invariant does not hold: fewer happenings (nodes that never start), fewer routers, a calmer network. */
export function shrink(world: World, machine: Machine | Partial<Program>, invariant: string): World {
  let runs = 0;
  let best = world;
  const attempt = (candidate: World): boolean => {
    if (runs++ >= RUNS) return false;
    const { violation, at } = simulate(candidate, machine);
    if (violation?.invariant !== invariant) return false;
    const happenings = candidate.happenings.filter((happening) => happening.at <= at);
    best = { ...candidate, until: at, happenings };
    return true;
  };
  if (!attempt(world)) return world;
  for (let domain = world.routers.length; domain >= 0; domain--) attempt(withoutDomain(best, domain));
  for (let size = Math.ceil(best.happenings.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = best.happenings.length - size; from >= 0; from -= size) {
      const happenings = best.happenings.filter((_, i) => i < from || i >= from + size);
      attempt({ ...best, happenings });
    }
  }
  for (const calmer of [{ loss: 0 }, { duplicate: 0 }, { corrupt: 0 }, { late: 0 }]) {
    attempt({ ...best, network: { ...best.network, ...calmer } });
  }
  attempt({ ...best, nodes: best.nodes.map((node) => ({ ...node, ppm: 0 })) });
  return best;
}

function withoutDomain(world: World, domain: number): World {
  const kept = world.routers.flatMap((router, i) => (router.domain === domain ? [] : [i]));
  if (kept.length === 0 || kept.length === world.routers.length) return world;
  return {
    ...world,
    routers: world.routers
      .filter((router) => router.domain !== domain)
      .map((router) => ({ ...router, domain: router.domain - (router.domain > domain ? 1 : 0) })),
    nodes: world.nodes.map((node) => ({
      ...node,
      settings: node.settings.filter((_, i) => i !== domain),
    })),
    happenings: world.happenings.flatMap((happening) => renumbered(happening, domain, kept)),
  };
}

function renumbered(happening: Happening, gone: number, kept: readonly number[]): readonly Happening[] {
  if ('domain' in happening) {
    const { domain } = happening;
    return domain === gone ? [] : [{ ...happening, domain: domain - (domain > gone ? 1 : 0) }];
  }
  if (!('attack' in happening)) return [happening];
  const router = kept.indexOf(happening.router);
  return router < 0 ? [] : [{ ...happening, router }];
}
