import type { LeasePolicy } from '../../src/model/config.ts';
import { Random } from './random.ts';
import type { Attack, GateSetup, NodeSetup, RouterSetup, Settings, What, World } from './world.ts';

const SECOND = 1_000_000;

/** A world of 2–5 nodes with 1–8 virtual routers, and what befalls it, out of one seed. */
export function generateWorld(seed: number): World {
  const random = new Random(seed);
  const routers = someRouters(random);
  const domains = Math.max(...routers.map(({ domain }) => domain)) + 1;
  const hasGate = random.chance(0.4);
  const count = random.between(2, hasGate ? 4 : 5);
  const seedOfGate = random.below(2 ** 31);
  const gateFor = (fastest: number) => someGate(new Random(seedOfGate), fastest);
  const isBound = hasGate && gateFor(1).witnesses?.policy === 'required';
  const shared = Array.from({ length: domains }, (_, domain) => sharedOf(random, routers, domain, isBound));
  const nodes: NodeSetup[] = Array.from({ length: count }, () => ({
    ppm: random.between(-200, 200),
    settings: shared.map((of) => someSettings(random, of)),
  }));
  const slowest = Math.max(...shared.map(({ intervals }) => Math.max(...intervals))) * 10_000;
  const fastest = Math.min(...shared.map(({ intervals }) => Math.min(...intervals))) * 10_000;
  const gate = hasGate ? gateFor(fastest) : null;
  // The answers to a question have to come before the verdict.
  const slow = gate === null ? Math.min(40_000, fastest / 4) : fastest / 25;
  const most = random.pick([200, Math.min(2_000, slow), slow]);
  const starts: World['happenings'] = nodes.map((_, start) => ({
    at: random.below(2 * SECOND),
    start,
    resume: false,
  }));
  const isPerfect = random.chance(0.3);
  const pause = (isPerfect ? 40 : 16) * slowest;
  const happenings = [...starts, ...somethings(random, routers, shared, gate, count, { slowest, pause })];
  happenings.sort((a, b) => a.at - b.at);
  const isDeceived = happenings.some(
    (one) => 'attack' in one && one.attack === 'highest' && one.interval === 4095,
  );
  return {
    seed: random.below(2 ** 31),
    until: (happenings.at(-1)?.at ?? 0) + (isDeceived ? 40 : 16) * slowest + 25 * SECOND,
    network: {
      loss: isPerfect ? 0 : random.pick([0, 0, 0.01, 0.05, 0.2]),
      duplicate: random.pick([0, 0, 0.1]),
      corrupt: isPerfect ? 0 : random.pick([0, 0, 0.02]),
      delay: [random.below(most / 2), Math.floor(most)],
      late: random.pick([0, 1000]),
    },
    routers,
    nodes,
    gate,
    happenings,
  };
}

function someGate(random: Random, fastest: number): GateSetup {
  const has = random.pick<'gateway' | 'second' | 'both'>(['gateway', 'second', 'second', 'both', 'both']);
  const most = random.pick([200, fastest / 25]);
  const second = {
    interval: random.pick([200_000, 500_000, 1_000_000]),
    network: {
      loss: random.pick([0, 0, 0, 0.1]),
      duplicate: random.pick([0, 0, 0.1]),
      corrupt: 0,
      delay: [random.below(most / 2), Math.floor(most)] as const,
      late: 0,
    },
  };
  return {
    gateway: has !== 'second',
    suspectHold: random.pick([null, 0, 3 * SECOND, 10 * SECOND]),
    second: has === 'gateway' ? null : second,
    witnesses: has === 'gateway' || random.chance(0.3) ? null : someWitnesses(random),
  };
}

const someWitnesses = (random: Random): GateSetup['witnesses'] => ({
  count: random.pick([1, 3]),
  policy: random.pick(['required', 'required', 'preferred']),
});

function someRouters(random: Random): readonly RouterSetup[] {
  const routers: RouterSetup[] = [];
  const count = random.between(1, 8);
  for (let domain = 0; routers.length < count; domain++) {
    const members = random.chance(0.4) ? random.between(2, 4) : 1;
    for (let i = 0; i < members; i++) {
      const version = random.pick<2 | 3>([2, 3, 3]);
      const family = version === 3 && random.chance(0.4) ? 'inet6' : 'inet';
      routers.push({ domain, version, family, isSigned: version === 3 && random.chance(0.15) });
    }
  }
  return routers.slice(0, 8);
}

/** What the nodes of a domain have in common. */
interface Shared {
  /** Centiseconds; each node has one of them. */
  readonly intervals: readonly [number, ...number[]];
  readonly preempts: 'all' | 'none' | 'some';
  readonly advertsOnYield: boolean;
  readonly lease: LeasePolicy;
  /** Missed adverts that make a master down; null where each node has its own. */
  readonly adverts: number | null;
  /** Witnesses have to grant them: no addresses that stay for ever. */
  readonly isBound: boolean;
}

function sharedOf(random: Random, routers: readonly RouterSetup[], domain: number, isBound: boolean): Shared {
  const isOld = routers.some((router) => router.domain === domain && router.version === 2);
  const lease = random.pick<LeasePolicy>(['serve', 'serve', 'strict', 'strict', isBound ? 'serve' : 'off']);
  const isStrict = lease === 'strict';
  const one = isOld ? random.pick([100, 100, 200]) : isStrict ? 100 : random.pick([10, 25, 50, 100]);
  const another =
    isOld || isStrict
      ? one
      : random.pick([one, one, one, ...[20, 300].filter((each) => each <= 4 * one && one <= 4 * each)]);
  return {
    intervals: [one, another],
    preempts: random.pick(['all', 'all', 'none', 'some']),
    advertsOnYield: random.chance(0.5),
    lease,
    isBound,
    adverts: isStrict || random.chance(0.6) ? random.pick([3, 3, 3, 5]) : null,
  };
}

function someSettings(random: Random, shared: Shared): Settings {
  const highest = shared.isBound ? 254 : 255;
  const priority = random.pick([100, 100, 101, 150, 200, 254, 1, highest, random.between(1, 254)]);
  const preempts = shared.preempts === 'some' ? random.chance(0.5) : shared.preempts === 'all';
  const preempt = priority === 255 || preempts;
  const interval = random.pick(shared.intervals);
  const downTimerAdverts = shared.adverts ?? random.pick([3, 3, 3, 2, 5]);
  return {
    priority,
    weight: random.pick([0, 0, -60, 40, -200]),
    interval,
    preempt,
    preemptDelay: preempt && priority < 255 && random.chance(0.25) ? random.between(1, 8) * SECOND : 0,
    downTimerAdverts,
    answersLower: random.chance(0.8),
    advertisesOnYield: shared.advertsOnYield,
    garpDelay: random.pick([0, 5 * SECOND]),
    lowerDelay: random.pick([0, SECOND, 5 * SECOND]),
    refresh: random.pick([0, 0, 10 * SECOND]),
    lease: leaseOf(shared.lease, interval, downTimerAdverts),
  };
}

/** A strict lease is in whole seconds, and has to outlast the renewals: the configuration refuses others. */
function leaseOf(policy: LeasePolicy, interval: number, adverts: number): LeasePolicy {
  const whole = Math.floor((adverts * interval) / 100 - 1);
  return policy === 'strict' && whole * 100 < Math.max(100, interval + 10) ? 'serve' : policy;
}

function somethings(
  random: Random,
  routers: readonly RouterSetup[],
  shared: readonly Shared[],
  gate: GateSetup | null,
  nodes: number,
  { slowest, pause }: { readonly slowest: number; readonly pause: number },
): World['happenings'] {
  const happenings: World['happenings'][number][] = [];
  let at = 2 * SECOND + 6 * slowest;
  for (let i = random.between(4, 16); i > 0; i--) {
    at += random.chance(0.3) ? random.below(slowest) : random.below(pause);
    const isPath = gate !== null && random.chance(0.4);
    const what = isPath
      ? somePathFault(random, gate, routers.length, nodes, slowest)
      : something(random, routers, shared, nodes, slowest);
    for (const { after, what: one } of what) {
      happenings.push({ at: at + after, ...one });
    }
  }
  return happenings;
}

type Planned = { readonly after: number; readonly what: What };

/** One fault of a way on which nodes hear of each other or of their gateway. */
function somePathFault(
  random: Random,
  gate: GateSetup,
  routers: number,
  nodes: number,
  slowest: number,
): readonly Planned[] {
  const node = random.below(nodes);
  const span = random.below(16 * slowest);
  const now = (what: What): Planned => ({ after: 0, what });
  const then = (what: What): Planned => ({ after: span, what });
  const isGateway = gate.second === null || (gate.gateway && random.chance(0.3));
  const witnesses = gate.witnesses?.count ?? 0;
  if (witnesses > 0 && random.chance(0.3)) {
    const witness = random.below(witnesses);
    return [now({ witness, is: 'gone' }), then({ witness, is: 'back' })];
  }
  if (isGateway) return [now({ gateway: node, is: 'cut' }), then({ gateway: node, is: 'whole' })];
  switch (random.below(5)) {
    case 0: {
      const second = Array.from({ length: nodes + witnesses }, () => random.below(2));
      return [now({ second }), then({ second: second.map(() => 0) })];
    }
    case 1: {
      const router = random.below(routers);
      const [count, every] = [random.between(1, 100), random.pick([1_000, 200_000])];
      return [now({ attack: 'heartbeats', router, count, every, as: -1, interval: 100 })];
    }
    case 2:
      return [now({ deaf: [node, random.below(nodes)], for: span })];
    default:
      return [now({ firewall: node, for: span })];
  }
}

/** One fault with its repair, or one change. */
function something(
  random: Random,
  routers: readonly RouterSetup[],
  shared: readonly Shared[],
  nodes: number,
  slowest: number,
): readonly Planned[] {
  const node = random.below(nodes);
  const now = (what: What): Planned => ({ after: 0, what });
  const repaired = (what: What): Planned => ({ after: random.below(12 * slowest), what });
  switch (random.below(16)) {
    case 0:
      return [now({ crash: node }), repaired({ start: node, resume: true })];
    case 1:
      return [now({ crash: node }), { after: random.below(slowest), what: { start: node, resume: true } }];
    case 2:
      return [now({ stop: node }), repaired({ start: node, resume: false })];
    case 3:
      return [now({ freeze: node, for: random.pick([20_000, 300_000, random.below(12 * slowest)]) })];
    case 4:
      return [now({ script: node, is: 'bad' }), repaired({ script: node, is: 'good' })];
    case 5:
      return [now({ cable: node, is: 'out' }), repaired({ cable: node, is: 'in' })];
    case 6: {
      const parts = Array.from({ length: nodes }, () => random.below(2));
      return [now({ parts }), repaired({ parts: parts.map(() => 0) })];
    }
    case 7:
      return [now({ deaf: [node, random.below(nodes)], for: random.below(10 * slowest) })];
    case 8:
      return reloads(random, shared, nodes, node);
    case 9:
      return [now({ reread: node })];
    case 10:
      return [now({ wall: node, by: random.between(-1000, 1000) })];
    case 11:
    case 12: {
      const domain = random.below(shared.length);
      return [now({ handover: node, domain }), repaired({ failback: node, domain })];
    }
    case 13:
      return [now({ stop: node }), { after: random.below(slowest), what: { start: node, resume: false } }];
    default: {
      const attack = random.pick<Attack>([
        'junk',
        'replay',
        'lower',
        'resign',
        'highest',
        'highest',
        'claim',
      ]);
      const router = random.below(routers.length);
      const count = attack === 'highest' && random.chance(0.7) ? 1 : random.between(1, 300);
      const every = random.pick([1_000, 20_000, 200_000]);
      const as = random.chance(0.3) ? random.below(nodes) : -1;
      const interval = random.pick([10, 100, 100, 300, 4095]);
      return [now({ attack, router, count, every, as, interval })];
    }
  }
}

/** One node's settings, or an interval that comes to all nodes one after the other. */
function reloads(random: Random, shared: readonly Shared[], nodes: number, node: number): readonly Planned[] {
  const domain = random.below(shared.length);
  const of = shared[domain];
  if (of === undefined) return [];
  if (random.chance(0.7)) {
    return [{ after: 0, what: { reload: node, domain, settings: someSettings(random, of) } }];
  }
  // A backup counts with no more than four times its own.
  const [least, most] = [Math.min(...of.intervals), Math.max(...of.intervals)];
  const interval =
    of.intervals[0] >= 100 ? 100 * random.between(1, 3) : random.between(Math.ceil(most / 4), 4 * least);
  return Array.from({ length: nodes }, (_, reload) => {
    const some = { ...someSettings(random, of), interval };
    const settings = { ...some, lease: leaseOf(of.lease, interval, some.downTimerAdverts) };
    return { after: random.below(SECOND), what: { reload, domain, settings } };
  });
}
