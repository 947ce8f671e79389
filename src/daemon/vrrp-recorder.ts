import type { Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import type { Result } from '../base/result.ts';
import type { Instant, WallTime } from '../base/units.ts';
import type { FromVrrp, ToVrrp, VrrpDesired } from '../ipc/messages.ts';
import type { Machines } from '../model/drill.ts';
import type { Datagram } from '../wire/datagram.ts';
import type { VrrpPorts } from './vrrp-ports.ts';
import { RecorderMask } from './vrrp-recorder-mask.ts';
import { recordedPorts } from './vrrp-recorder-ports.ts';

/** Characters of a file. Each can be replayed by itself. */
const MOST_CHARACTERS = 8 * 1024 * 1024;

/** What is called on the machine of the vrrp process from outside. */
export interface Recordable {
  receive(message: ToVrrp): void;
  refresh(): void;
  claimed(ifindex: number, address: Ip, by: Mac): void;
  routesLost(): void;
  complain(name: string, because: string): void;
  stop(): Promise<void>;
  machines(): Machines;
}

/** What happened to the vrrp process at one moment. */
export type RecordedInput =
  | { readonly on: 'message'; readonly message: ToVrrp }
  | { readonly on: 'refresh' }
  | { readonly on: 'claimed'; readonly ifindex: number; readonly address: Ip; readonly by: Mac }
  | { readonly on: 'routesLost' }
  | { readonly on: 'complain'; readonly name: string; readonly because: string }
  | { readonly on: 'stop' }
  | { readonly on: 'wake' }
  | { readonly on: 'datagram'; readonly socket: string; readonly datagram: Result<Datagram, 'ip_header'> }
  | { readonly on: 'socketError'; readonly socket: string; readonly because: string }
  /** What ports answer that take their time; `call` is the number of the output. */
  | {
      readonly on: 'answered';
      readonly answers: readonly { readonly call: number; readonly answer: unknown }[];
    };

/** One input line of a recording. Everything that follows it, up to the next, came of it. */
export interface RecordedTurn {
  readonly n: number;
  /** The clocks, which stand still until the next input. */
  readonly at: Instant;
  readonly wall: WallTime;
  readonly in: RecordedInput;
  /** What was asked of the machine's interfaces and has another answer than before. */
  readonly sees?: Readonly<Record<string, unknown>>;
  /** Datagrams that were waiting in the sockets, and were taken out in this turn. */
  readonly drained?: readonly RecordedInput[];
  readonly random?: readonly number[];
  /** The next input came before the promises of this one were looked at. */
  readonly interrupted?: true;
  /** What ports said at once to which of the turn's outputs, counted from 0, where that is not a plain success. */
  readonly said?: readonly (readonly [output: number, answer: unknown])[];
}

/** One output line: what was asked of a port. */
export interface RecordedOutput {
  readonly n: number;
  readonly out: readonly [name: string, ...words: readonly unknown[]];
  /** The number, counted through, under which a port answers that takes its time. */
  readonly call?: number;
}

/** The first line of a file. */
export interface RecordedBegin {
  /** 1 is this format. */
  readonly file: 1;
  readonly version: string;
  readonly at: Instant;
  readonly wall: WallTime;
  /** Lines that were lost before this one, because they came faster than they could be written. */
  readonly lost: number;
  /** Numbers that were drawn before the first input of the process. */
  readonly random: readonly number[];
  /** Null at the start of the process; else where it stood. */
  readonly standing: {
    readonly desired: VrrpDesired;
    readonly machines: Machines;
    /** Numbers of calls that have been given. */
    readonly calls: number;
    readonly sees: Readonly<Record<string, unknown>>;
  } | null;
}

type Open = { -readonly [K in keyof RecordedTurn]: RecordedTurn[K] } & {
  /** Calls with lower numbers, or this one, were made before it. */
  calls: number;
  /** Its promises are being looked at. */
  hasSettled: boolean;
  answers: { call: number; answer: unknown }[];
  outs: RecordedOutput[];
};

/**
 * Writes down everything that reaches the vrrp process and everything that it does, without secrets. While it records,
 * time stands still from one input to the end of what comes of it, so that a replay reads the same clock.
 */
export class VrrpRecorder {
  readonly mask = new RecorderMask();
  private readonly ports: VrrpPorts;
  private readonly put: (line: string) => boolean;
  private readonly version: string;
  private readonly most: number;
  private readonly seen = new Map<string, string>();
  private machines: () => Machines = () => ({ takenAt: this.now(), generation: 0, machines: [] });
  private turn: Open | null = null;
  private isDraining = false;
  private desired: VrrpDesired | null = null;
  private readonly earlyRandom: number[] = [];
  private turns = 0;
  private calls = 0;
  /** Calls without an answer yet. */
  private owed = 0;
  private characters = Number.POSITIVE_INFINITY;
  private lost = 0;

  /** `put` gives false for a line that is lost; a new file is begun after `most` characters. */
  constructor(ports: VrrpPorts, version: string, put: (line: string) => boolean, most = MOST_CHARACTERS) {
    this.ports = ports;
    this.version = version;
    this.most = most;
    this.put = put;
  }

  /** The ports to give to the machine, in place of the real ones. */
  recorded(): VrrpPorts {
    return recordedPorts(this.ports, this);
  }

  readonly random = (): number => {
    const number = Math.random();
    if (this.turn === null) this.earlyRandom.push(number);
    else this.turn.random = [...(this.turn.random ?? []), number];
    return number;
  };

  /** The machine as the outside is to call it. */
  watch(vrrp: Recordable): Omit<Recordable, 'machines'> {
    this.machines = () => vrrp.machines();
    return {
      receive: (message) => {
        if (message.message === 'desired') {
          const desired = this.mask.desired(message.desired);
          this.begin({ on: 'message', message: { message: 'desired', desired } });
          this.desired = desired;
        } else if (message.message === 'trackers') {
          this.begin({ on: 'message', message });
          if (this.desired !== null) this.desired = { ...this.desired, trackers: message.trackers };
        } else if (message.message === 'order') this.begin({ on: 'message', message });
        vrrp.receive(message);
      },
      refresh: () => {
        this.begin({ on: 'refresh' });
        vrrp.refresh();
      },
      claimed: (ifindex, address, by) => {
        this.begin({ on: 'claimed', ifindex, address, by });
        vrrp.claimed(ifindex, address, by);
      },
      routesLost: () => {
        this.begin({ on: 'routesLost' });
        vrrp.routesLost();
      },
      complain: (name, because) => {
        this.begin({ on: 'complain', name, because });
        vrrp.complain(name, because);
      },
      stop: () => {
        this.begin({ on: 'stop' });
        return vrrp.stop();
      },
    };
  }

  now(): Instant {
    return this.turn?.at ?? this.ports.clock.now();
  }

  wall(): WallTime {
    return this.turn?.wall ?? this.ports.clock.wall();
  }

  /** An input: what comes of it follows until nothing of this moment is left to be done. */
  begin(input: RecordedInput): void {
    if (this.turn !== null && this.isDraining) {
      this.turn.drained = [...(this.turn.drained ?? []), input];
      return;
    }
    // Native callbacks of one poll may follow each other without a look at promises between them.
    const interrupts = this.turn?.hasSettled === false && input.on !== 'answered';
    if (this.turn !== null && interrupts) this.turn.interrupted = true;
    this.close();
    const { clock } = this.ports;
    const [at, wall] = [clock.now(), clock.wall()];
    // What a port still owes an answer belongs to the file that has the question.
    const isWhole = this.owed === 0 && input.on !== 'answered' && !interrupts;
    if (this.characters > this.most && isWhole) this.beginFile(at, wall);
    const turn: Open = {
      n: ++this.turns,
      at,
      wall,
      in: input,
      calls: this.calls,
      hasSettled: false,
      answers: [],
      outs: [],
    };
    this.turn = turn;
    // A tick that is asked for in a microtask comes when no microtask is left (Node 20, processTicksAndRejections).
    queueMicrotask(() => {
      turn.hasSettled = true;
      process.nextTick(() => this.turn === turn && this.close());
    });
  }

  /** While `run` runs, datagrams arrive as a part of what happens already. */
  draining(run: () => void): void {
    this.isDraining = true;
    run();
    this.isDraining = false;
  }

  /** An answer of the machine's interfaces. */
  see<T>(question: string, answer: T): T {
    if (this.turn === null) return answer;
    const text = printLine(answer ?? null);
    if (this.seen.get(question) !== text) {
      this.seen.set(question, text);
      this.turn.sees = { ...this.turn.sees, [question]: answer ?? null };
    }
    return answer;
  }

  /** An output with what the port says to it at once. */
  did(out: RecordedOutput['out'], answer?: Result<unknown, unknown>): void {
    const { turn } = this;
    if (turn === null) return;
    if (answer?.ok === false) turn.said = [...(turn.said ?? []), [turn.outs.length, answer]];
    turn.outs.push({ n: turn.n, out });
  }

  /** An output whose answer comes later: it is an input of its own. */
  async called<T>(out: RecordedOutput['out'], answer: Promise<T>): Promise<T> {
    const call = ++this.calls;
    this.owed++;
    this.turn?.outs.push({ n: this.turn.n, out, call });
    const value = await answer;
    this.owed--;
    const { turn } = this;
    // Answers of one moment are one input, unless one was only asked for after the other.
    if (turn?.in.on !== 'answered' || call > turn.calls) this.begin({ on: 'answered', answers: [] });
    this.turn?.answers.push({ call, answer: value });
    return value;
  }

  send(message: FromVrrp): void {
    const { message: kind } = message;
    if (
      kind === 'event' ||
      kind === 'notice' ||
      kind === 'applied' ||
      kind === 'ordered' ||
      kind === 'stopped'
    ) {
      this.did(['tell', message]);
    }
    if (kind === 'stopped') this.close();
    this.ports.send(message);
  }

  private close(): void {
    const { turn } = this;
    if (turn === null) return;
    this.turn = null;
    const { answers, outs, calls: _, hasSettled: __, ...about } = turn;
    const input = about.in.on === 'answered' ? { ...about.in, answers } : about.in;
    this.write(printLine({ ...about, in: input }));
    for (const out of outs) this.write(printLine(out));
  }

  private beginFile(at: Instant, wall: WallTime): void {
    const { desired, lost, version } = this;
    const sees = Object.fromEntries([...this.seen].map(([question, text]) => [question, JSON.parse(text)]));
    const standing =
      desired === null ? null : { desired, machines: this.machines(), calls: this.calls, sees };
    const begin: RecordedBegin = { file: 1, version, at, wall, lost, random: this.earlyRandom, standing };
    this.lost = 0;
    this.characters = 0;
    this.write(printLine(begin));
  }

  private write(line: string): void {
    this.characters += line.length;
    // What misses a line cannot be replayed: nothing more is written before the next file.
    if (this.lost === 0 && this.put(line)) return;
    this.lost++;
    this.characters = Number.POSITIVE_INFINITY;
  }
}

/** Bytes as `{"hex":"…"}`; sets as lists; whole numbers of any size as text. */
export const printLine = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) => {
    if (one instanceof Uint8Array) return { hex: Buffer.from(one).toString('hex') };
    if (one instanceof Set) return [...one];
    return typeof one === 'bigint' ? String(one) : one;
  });
