import type { Result } from '../../src/base/result.ts';
import { ok } from '../../src/base/result.ts';
import { type Instant, instant, type WallTime, wallTime } from '../../src/base/units.ts';
import { Vrrp } from '../../src/daemon/vrrp.ts';
import type {
  RecordedBegin,
  RecordedInput,
  RecordedOutput,
  RecordedTurn,
} from '../../src/daemon/vrrp-recorder.ts';
import type { FromVrrp } from '../../src/ipc/messages.ts';
import type { Member } from '../../src/vrrp/group.ts';
import type { Datagram } from '../../src/wire/datagram.ts';
import type { InputLine } from './recording.ts';
import { replayPorts } from './replay-ports.ts';

/** Who is told what arrives at a socket. */
export interface Listener {
  onDatagram(datagram: Result<Datagram, 'ip_header'>): void;
  onError(because: string): void;
}

/** The vrrp process of this tree, living through what another one has lived through. */
export class Replay {
  now: Instant = instant(0);
  wall: WallTime = wallTime(0);
  readonly sees = new Map<string, unknown>();
  readonly sockets = new Map<string, Listener>();
  wake: (() => void) | null = null;
  private vrrp: Vrrp;
  private readonly pending = new Map<number, (answer: unknown) => void>();
  private turn: RecordedTurn | null = null;
  private readonly held: RecordedTurn[] = [];
  private outputs: RecordedOutput[] = [];
  private drained: RecordedInput[] = [];
  private random: number[] = [];
  private made = 0;
  private calls = 0;
  private seeding = false;

  constructor() {
    this.vrrp = this.born([]);
  }

  /**
   * Plays one input to its end, and gives what came of it. One that was interrupted is played with the next: in between
   * there is no look at promises, and an await is one.
   */
  async play(line: InputLine): Promise<readonly RecordedOutput[]> {
    if ('file' in line) {
      this.now = line.at;
      this.wall = line.wall;
      await this.begin(line);
      return [];
    }
    this.held.push(line);
    if (line.interrupted === true) return [];
    for (const turn of this.held.splice(0)) this.start(turn);
    await settle();
    return this.outputs.splice(0);
  }

  private start(turn: RecordedTurn): void {
    this.turn = turn;
    this.now = turn.at;
    this.wall = turn.wall;
    this.drained = [...(turn.drained ?? [])];
    this.random = [...(turn.random ?? [])];
    this.made = 0;
    for (const [question, answer] of Object.entries(turn.sees ?? {})) this.sees.set(question, answer);
    this.happen(turn.in);
  }

  /** An output; what the recorded port said to it, or a plain success. */
  did(out: RecordedOutput['out']): Result<unknown, string> {
    const said = this.turn?.said?.find(([output]) => output === this.made);
    this.made++;
    if (!this.seeding) this.outputs.push({ n: this.turn?.n ?? 0, out });
    return said === undefined ? ok(undefined) : (said[1] as Result<unknown, string>);
  }

  /** An output that is answered later: when the recorded one was. */
  called<T>(out: RecordedOutput['out']): Promise<T> {
    if (this.seeding) {
      const [, objects] = out;
      const done = Array.isArray(objects) ? objects.map(() => ok(true)) : ok(undefined);
      return Promise.resolve(done as T);
    }
    const call = ++this.calls;
    this.made++;
    this.outputs.push({ n: this.turn?.n ?? 0, out, call });
    return new Promise((resolve) => this.pending.set(call, (answer) => resolve(answer as T)));
  }

  /** Hands over what was waiting in this socket; `claims` is that of the claims. */
  drain(socket: string): void {
    const isIts = (input: RecordedInput) => ('socket' in input ? input.socket : 'claims') === socket;
    const waiting = this.drained;
    this.drained = waiting.filter((input) => !isIts(input));
    for (const input of waiting.filter(isIts)) this.happen(input);
  }

  send(message: FromVrrp): void {
    const { message: kind } = message;
    if (['event', 'notice', 'applied', 'ordered', 'stopped'].includes(kind)) this.did(['tell', message]);
  }

  private born(random: readonly number[]): Vrrp {
    this.random = [...random];
    return new Vrrp(replayPorts(this), () => this.random.shift() ?? 0);
  }

  private happen(input: RecordedInput): void {
    switch (input.on) {
      case 'message':
        this.vrrp.receive(input.message);
        break;
      case 'refresh':
        this.vrrp.refresh();
        break;
      case 'claimed':
        this.vrrp.claimed(input.ifindex, input.address, input.by);
        break;
      case 'routesLost':
        this.vrrp.routesLost();
        break;
      case 'complain':
        this.vrrp.complain(input.name, input.because);
        break;
      case 'stop':
        void this.vrrp.stop();
        break;
      case 'wake':
        this.wake?.();
        break;
      case 'datagram':
        this.sockets.get(input.socket)?.onDatagram(input.datagram);
        break;
      case 'socketError':
        this.sockets.get(input.socket)?.onError(input.because);
        break;
      case 'answered':
        for (const { call, answer } of input.answers) {
          this.pending.get(call)?.(answer);
          this.pending.delete(call);
        }
    }
  }

  /** Puts the machines where those of the recording stood when its file was begun. */
  private async begin({ standing, random }: RecordedBegin): Promise<void> {
    this.vrrp = this.born(random);
    if (standing === null) return;
    this.seeding = true;
    for (const [question, answer] of Object.entries(standing.sees)) this.sees.set(question, answer);
    const members = standing.machines.machines.map(({ member }) => member as Member);
    const resume = members
      .filter(({ state }) => state.at === 'master')
      .map(({ name }) => ({ name, role: 'MASTER', evidence: 'supervised', standsBack: false }) as const);
    this.vrrp.receive({ message: 'desired', desired: { ...standing.desired, resume } });
    await settle();
    for (const { name, state } of members) {
      const instance = this.vrrp['roster'].named(name);
      if (instance !== undefined) instance['state'] = state;
    }
    // A role that is taken up gives BFD sessions a while to come back, which the recorded process did not.
    this.vrrp['graceUntil'] = instant(0);
    this.vrrp['arm']();
    await settle();
    this.calls = standing.calls;
    this.seeding = false;
  }
}

/** Lets everything happen that needs no further input. */
async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}
