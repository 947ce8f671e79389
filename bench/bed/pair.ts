import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLab, type Lab } from '../../test/lab/lab.ts';
import { eventually } from '../../test/support/eventually.ts';
import { Asking } from './asking.ts';
import { type Instance, printConf, type Speech } from './conf.ts';
import { type Holding, holdingBetween } from './holding.ts';
import { attachHop } from './hop.ts';
import { now } from './now.ts';
import { type Outage, outageBetween } from './outage.ts';
import { type Kind, Program } from './program.ts';
import { Script } from './script.ts';
import { Watch } from './watch.ts';

const LIMIT = 30_000;
/** Microseconds from one echo request, and from one number of a stream, to the next. */
const PACE = 2000;
const STREAM_PORT = 7;
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
  /** Microseconds from one echo request to the next; 2000 unless given. */
  readonly pace?: number;
  /** The directors pass TCP on to the third host, and a client has a stream of numbers over one connection. */
  readonly stream?: boolean;
}

/** What a client and the two directors saw in a window of time. */
export interface Seen extends Outage, Holding {
  /** Longest time between two numbers of the stream that came back; NaN without one. Milliseconds. */
  readonly streamGap: number;
  /** Numbers that did not come back. */
  readonly streamLost: number;
}

/** Two directors, a client and a third host (`rs1`) on one segment, and those who watch them. */
export class Pair {
  readonly lab: Lab;
  readonly d1: Program;
  readonly d2: Program;
  readonly watches: readonly [Watch, Watch];
  readonly addresses: readonly string[];
  private readonly options: PairOptions;

  private constructor(
    options: PairOptions,
    lab: Lab,
    programs: readonly [Program, Program],
    watches: readonly [Watch, Watch],
    addresses: readonly string[],
  ) {
    this.options = options;
    this.lab = lab;
    [this.d1, this.d2] = programs;
    this.watches = watches;
    this.addresses = addresses;
  }

  /** Nothing runs yet. */
  static async build(options: PairOptions): Promise<Pair> {
    const lab = await createLab({ directors: 2, servers: 1, web: false });
    try {
      if (options.stream === true) await answerStreams(lab);
      // The third host is not to answer for the address.
      else await lab.host('rs1').exec('ip', ['addr', 'del', `${lab.vip}/32`, 'dev', 'lo']);
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
        const { heartbeat } = options.speech;
        if (heartbeat !== undefined) await program.extend(heartbeatBetween(lab, name, heartbeat));
        return { program, watch: await Watch.start(lab.host(name), addresses) };
      };
      const first = await prepare('d1', 0);
      const second = await prepare('d2', 1);
      return new Pair(options, lab, [first.program, second.program], [first.watch, second.watch], addresses);
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
    const client = this.lab.host('client');
    const address = this.addresses[0] ?? this.lab.vip;
    const { pace = PACE } = this.options;
    const echoes = await Asking.echoes(client, address, pace);
    const numbers =
      this.options.stream === true ? await Asking.numbers(client, address, STREAM_PORT, PACE) : null;
    await sleep(100);
    const from = now();
    await what();
    const to = now();
    const outage = outageBetween(await echoes.stop(), from, to);
    const stream = numbers === null ? null : outageBetween(await numbers.stop(), from, to);
    const histories = this.watches.map((watch) => watch.history);
    return {
      ...outage,
      ...holdingBetween(histories, from, to),
      streamGap: stream?.gap ?? Number.NaN,
      streamLost: stream?.lost ?? Number.NaN,
    };
  }
}

/** What passes them on keeps nothing of a connection, so only who has the address decides what becomes of it. */
async function answerStreams(lab: Lab): Promise<void> {
  const server = lab.host('rs1');
  for (const name of ['d1', 'd2']) await attachHop(lab, lab.host(name), lab.vip, server, 'held');
  await new Script(server, 'stream.py', ['answer', String(STREAM_PORT)], () => undefined).ready();
}

function heartbeatBetween(lab: Lab, name: 'd1' | 'd2', interval: number): string {
  const [local, peer] = [name, name === 'd1' ? 'd2' : 'd1'].map((one) => lab.host(one).address);
  const ends = `{ local: ${local}, peer: ${peer}, interval: ${interval}ms, failover: true }`;
  return `heartbeat: [${ends}]\nheartbeat_key: ${'k'.repeat(32)}\n`;
}
