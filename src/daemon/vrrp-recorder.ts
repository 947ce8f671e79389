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

/** A recording begins anew after so many characters, so that each of its files can be replayed by itself. */
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
  | { readonly on: 'answered'; readonly answers: readonly { readonly call: number; readonly answer: unknown }[] };

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
}

/** One output line: what was asked of a port. */
export interface RecordedOutput {
  readonly n: number;
  readonly out: readonly [name: string, ...words: readonly unknown[]];
  /** What the port said at once, where that is not a success without a value. */
  readonly answer?: unknown;
  /** The number under which a port answers that takes its time. */
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
  /** Null at the start of the process; else where it stood. */
  readonly standing: {
    readonly desired: VrrpDesired;
    readonly machines: Machines;
    readonly sees: Readonly<Record<string, unknown>>;
  } | null;
}

type Open = { -readonly [K in keyof RecordedTurn]: RecordedTurn[K] } & {
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
  private readonly seen = new Map<string, string>();
  private machines: () => Machines = () => ({ takenAt: this.now(), generation: 0, machines: [] });
  private turn: Open | null = null;
  private isDraining = false;
  private desired: VrrpDesired | null = null;
  private turns = 0;
  private calls = 0;
  private characters = Number.POSITIVE_INFINITY;
  private lost = 0;

  /** `put` gives false for a line that is lost. */
  constructor(ports: VrrpPorts, version: string, put: (line: string) => boolean) {
    this.ports = ports;
    this.version = version;
    this.put = put;
  }

  /** The ports to give to the machine, in place of the real ones. */
  recorded(): VrrpPorts {
    return recordedPorts(this.ports, this);
  }

  readonly random = (): number => {
    const number = Math.random();
    if (this.turn !== null) this.turn.random = [...(this.turn.random ?? []), number];
    return number;
  };

  /** The machine as the outside is to call it. */
  watch(vrrp: Recordable): Omit<Recordable, 'machines'> {
    this.machines = () => vrrp.machines();
    return {
      receive: (message) => {
        if (message.message === 'desired') this.desired = this.mask.desired(message.desired);
        if (['desired', 'trackers', 'order'].includes(message.message)) {
          const masked = message.message === 'desired' && this.desired !== null;
          const told = masked ? { message: 'desired' as const, desired: this.desired ?? message.desired } : message;
          this.begin({ on: 'message', message: told });
        }
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
    this.close();
    const { clock } = this.ports;
    const [at, wall] = [clock.now(), clock.wall()];
    if (this.characters > MOST_CHARACTERS) this.beginFile(at, wall);
    const turn: Open = { n: ++this.turns, at, wall, in: input, answers: [], outs: [] };
    this.turn = turn;
    // A tick that is asked for in a microtask comes when no microtask is left (Node 20, processTicksAndRejections).
    queueMicrotask(() => process.nextTick(() => this.turn === turn && this.close()));
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

  /** An output with what the port says to it at once; undefined where it says nothing. */
  did(out: RecordedOutput['out'], answer?: Result<unknown, unknown>): void {
    const isPlain = answer === undefined || (answer.ok && (answer.value === undefined || typeof answer.value === 'object'));
    this.turn?.outs.push({ n: this.turn.n, out, ...(isPlain ? {} : { answer }) });
  }

  /** An output whose answer comes later: it is an input of its own. */
  async called<T>(out: RecordedOutput['out'], answer: Promise<T>): Promise<T> {
    const call = ++this.calls;
    this.turn?.outs.push({ n: this.turn.n, out, call });
    const value = await answer;
    if (this.turn?.in.on !== 'answered') this.begin({ on: 'answered', answers: [] });
    this.turn?.answers.push({ call, answer: value });
    return value;
  }

  send(message: FromVrrp): void {
    const { message: kind } = message;
    if (kind === 'event' || kind === 'notice' || kind === 'applied' || kind === 'ordered' || kind === 'stopped') {
      this.did(['tell', message]);
    }
    if (kind === 'stopped') this.close();
    this.ports.send(message);
  }

  private close(): void {
    const { turn } = this;
    if (turn === null) return;
    this.turn = null;
    const { answers, outs, ...about } = turn;
    const input = about.in.on === 'answered' ? { ...about.in, answers } : about.in;
    this.write(printLine({ ...about, in: input }));
    for (const out of outs) this.write(printLine(out));
  }

  private beginFile(at: Instant, wall: WallTime): void {
    const { desired, lost, version } = this;
    const sees = Object.fromEntries([...this.seen].map(([question, text]) => [question, JSON.parse(text)]));
    const standing = desired === null ? null : { desired, machines: this.machines(), sees };
    const begin: RecordedBegin = { file: 1, version, at, wall, lost, standing };
    this.lost = 0;
    this.characters = 0;
    this.write(printLine(begin));
  }

  private write(line: string): void {
    this.characters += line.length;
    if (this.put(line)) return;
    this.lost++;
    // What misses a line cannot be replayed: the next turn begins a new file.
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
