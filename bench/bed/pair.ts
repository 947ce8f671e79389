import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLab, type Lab } from '../../test/lab/lab.ts';
import { eventually } from '../../test/support/eventually.ts';
import { type Instance, printConf, type Speech } from './conf.ts';
import { type Holding, holdingBetween } from './holding.ts';
import { now } from './now.ts';
import { type Outage, outageBetween } from './outage.ts';
import { Prober } from './prober.ts';
import { type Kind, Program } from './program.ts';
import { Watch } from './watch.ts';

const LIMIT = 30_000;
/** How long everything has to be quiet before something is measured. Milliseconds. */
const QUIET = 700;

export interface PairOptions {
  /** What runs on d1, which has the higher priority, and on d2. */
  readonly kinds: readonly [Kind, Kind];
  readonly speech: Speech;
  readonly priorities: readonly [number, number];
  /** More lines for every instance. */
  readonly more?: (director: 'd1' | 'd2', lab: Lab) => string;
  /** Of virtual routers with one address each; 1 unless given. */
  readonly routers?: number;
}

/** What a client and the two directors saw in a window of time. */
export type Seen = Outage & Holding;

/** Two directors, a client and a third host (`rs1`) on one segment, and those who watch them. */
export class Pair {
  readonly lab: Lab;
  readonly d1: Program;
  readonly d2: Program;
  readonly watches: readonly [Watch, Watch];
  readonly addresses: readonly string[];

  private constructor(
    lab: Lab,
    programs: readonly [Program, Program],
    watches: readonly [Watch, Watch],
    addresses: readonly string[],
  ) {
    this.lab = lab;
    [this.d1, this.d2] = programs;
    this.watches = watches;
    this.addresses = addresses;
  }

  /** Nothing runs yet. */
  static async build(options: PairOptions): Promise<Pair> {
    const lab = await createLab({ directors: 2, servers: 1, web: false });
    try {
      // The third host is not to answer for the address.
      await lab.host('rs1').exec('ip', ['addr', 'del', `${lab.vip}/32`, 'dev', 'lo']);
      const many = Array.from({ length: options.routers ?? 1 }, (_, i) => `10.99.0.${i + 1}`);
      const addresses = options.routers === undefined ? [lab.vip] : many;
      const prepare = async (name: 'd1' | 'd2', i: 0 | 1) => {
        const program = new Program(options.kinds[i], lab.host(name), path.join(lab.directory, name));
        const more = options.more?.(name, lab) ?? '';
        const instances = addresses.map(
          (address, n): Instance => ({
            vrid: options.routers === undefined ? 51 : n + 1,
            address: options.routers === undefined ? `${address}/24` : `${address}/32`,
            speech: options.speech,
            priority: options.priorities[i],
            more,
          }),
        );
        program.configure(printConf(instances));
        return { program, watch: await Watch.start(lab.host(name), addresses) };
      };
      const first = await prepare('d1', 0);
      const second = await prepare('d2', 1);
      return new Pair(lab, [first.program, second.program], [first.watch, second.watch], addresses);
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  /** Does something with a pair of which d1 is master, and takes it down. */
  static async with<T>(options: PairOptions, what: (pair: Pair) => Promise<T>): Promise<T> {
    const pair = await Pair.build(options);
    try {
      pair.d1.start();
      pair.d2.start();
      await pair.settles();
      return await what(pair);
    } finally {
      await pair.lab.close();
    }
  }

  /** Waits until d1 holds everything, d2 nothing, and that has lasted for a while. */
  async settles(): Promise<void> {
    let since = Date.now();
    await eventually(
      'd1 is master',
      LIMIT,
      () => {
        if (!this.isSettled) since = Date.now();
        return Date.now() - since >= QUIET;
      },
      20,
    );
  }

  private get isSettled(): boolean {
    const [first, second] = this.watches;
    return first.count === this.addresses.length && second.count === 0;
  }

  /** Waits until d2 holds everything. */
  async moves(limitMs = LIMIT): Promise<void> {
    await eventually('d2 is master', limitMs, () => this.watches[1].count === this.addresses.length, 5);
  }

  /** Waits until d1 holds nothing any more. */
  async releases(): Promise<void> {
    await eventually('d1 holds nothing', LIMIT, () => this.watches[0].count === 0, 5);
  }

  /** Does something, and tells what the client of the first address and the directors saw from then on. */
  async watch(what: () => Promise<unknown>): Promise<Seen> {
    const prober = await Prober.start(this.lab.host('client'), this.addresses[0] ?? this.lab.vip);
    await sleep(100);
    const from = now();
    await what();
    const to = now();
    const outage = outageBetween(await prober.stop(), from, to);
    const histories = this.watches.map((watch) => watch.history);
    return { ...outage, ...holdingBetween(histories, from, to) };
  }
}
