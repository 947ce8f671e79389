import type { Progress } from '../report/report.ts';
import { Bed } from './bed.ts';
import type { Length } from './length.ts';
import { LOADS, type Load, type Seen } from './loads.ts';
import { type Balancer, unpinning, type Way } from './ways.ts';

/** Of each before the first round, not measured. Seconds. */
const WARMUP = 2;

/** All rounds of one load, by a way or, with null, straight to the server. */
export interface Measured {
  readonly way: Way | null;
  readonly load: Load;
  readonly rounds: readonly Seen[];
}

/** The name of what is measured. */
export const nameOf = (way: Way | null): string => way?.name ?? 'direct';

/** Every load straight to the server and by every way of which nothing is missing, in turn. */
export async function measureWays(
  ways: readonly Way[],
  { rounds, seconds }: Length,
  progress: Progress,
): Promise<readonly Measured[]> {
  const usable = ways.filter(({ missing }) => missing() === null);
  const bed = await Bed.build(usable.length);
  const balancers: Balancer[] = [];
  const unpins = bed.sites.map(unpinning);
  const unpin = () => {
    for (const each of unpins) each();
  };
  // A signal ends this process without a way through `finally`, and the lab by then.
  process.once('exit', unpin);
  try {
    const cases = LOADS.map((load) => ({
      way: null as Way | null,
      load,
      ...straight(bed),
      rounds: [] as Seen[],
    }));
    for (const [i, way] of usable.entries()) {
      const site = bed.sites[i];
      if (site === undefined) throw new Error('the bed has too few directors');
      const balancer = await way.start(bed, site);
      balancers.push(balancer);
      await bed.answers(site.vip, way.withoutUdp === null);
      progress(`${way.name} answers`);
      const loads = LOADS.filter(({ udp }) => !udp || way.withoutUdp === null);
      cases.push(
        ...loads.map((load) => ({ way, load, address: site.vip, processes: balancer.processes, rounds: [] })),
      );
    }
    const run = (one: (typeof cases)[number], length: number) =>
      one.load.run(bed, one.address, one.processes, length);
    for (const each of cases) await run(each, WARMUP);
    for (let round = 1; round <= rounds; round++)
      for (const load of LOADS)
        for (const each of cases.filter((one) => one.load === load)) {
          const seen = await run(each, seconds);
          each.rounds.push(seen);
          progress(
            `round ${round}, ${load.name}, ${nameOf(each.way)}: ${seen.rate.toPrecision(4)}/s, ${seen.processor.toPrecision(4)} µs each, others ${seen.others.toFixed(2)}`,
          );
        }
    for (const balancer of balancers) await balancer.stop();
    return cases;
  } finally {
    process.off('exit', unpin);
    unpin();
    await bed.lab.close();
  }
}

const straight = (bed: Bed) => ({ address: bed.servers[0], processes: [] as readonly number[] });
