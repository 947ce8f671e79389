import { Random } from '../simulation/random.ts';

/** What decides where connections go. `persistent` and `ops` are rr with these. */
export const WAYS = ['rr', 'wrr', 'lc', 'wlc', 'sh', 'mh', 'persistent', 'ops'] as const;
export type Way = (typeof WAYS)[number];

export interface SomeService {
  readonly id: number;
  readonly way: Way;
  readonly family: 'inet' | 'inet6';
  readonly protocol: 'tcp' | 'udp';
  /** Of the servers by number from 0; null where it is not of this service. */
  readonly weights: readonly (number | null)[];
  /** Prefix length of clients that stay together; of `persistent` alone. */
  readonly granularity: number;
}

/** A small service, another one for each `id`; every way comes once in eight. */
export function someService(id: number, servers: number): SomeService {
  const random = new Random(7000 + id);
  const way = WAYS[id % WAYS.length] ?? 'rr';
  const family = random.chance(0.7) ? 'inet' : 'inet6';
  const protocol = way === 'ops' || random.chance(0.3) ? 'udp' : 'tcp';
  const isHashed = way === 'sh' || way === 'mh';
  // sh of the kernel refuses who would go to a server of weight 0.
  const weight = (): number =>
    !isHashed && random.chance(0.1) ? 0 : random.pick([1, 1, 2, 3, random.between(1, 5)]);
  const weights = Array.from({ length: servers }, () => (random.chance(0.25) ? null : weight()));
  if (!weights.some((each) => each !== null && each > 0)) weights[random.below(servers)] = 2;
  const granularity = family === 'inet' ? random.pick([24, 32]) : random.pick([64, 128]);
  return { id, way, family, protocol, weights, granularity };
}
