import { instant, micros } from '../../src/base/units.ts';
import type { BfdConfig } from '../../src/model/tracking.ts';
import { type BfdEvent, type BfdSession, nextBfdDeadline, startBfd, stepBfd } from '../../src/vrrp/bfd.ts';
import type { BfdPacket } from '../../src/wire/bfd.ts';
import { ip } from './instances.ts';

export const bfdConfig = (over: Partial<BfdConfig> = {}): BfdConfig => ({
  name: 'B1',
  neighbor: ip('10.9.0.2'),
  source: null,
  minRx: micros(100_000),
  minTx: micros(100_000),
  idleTx: micros(1_000_000),
  multiplier: 3,
  passive: false,
  ttl: 255,
  maxHops: 0,
  multihop: false,
  ...over,
});

/** One end of a session on a clock of its own, in microseconds. */
export class BfdEnd {
  config: BfdConfig;
  session: BfdSession;
  readonly sent: { readonly at: number; readonly packet: BfdPacket }[] = [];
  private readonly random: () => number;

  constructor(
    config: BfdConfig = bfdConfig(),
    discriminator = 1,
    now = 0,
    random: () => number = () => 0.999,
  ) {
    this.config = config;
    this.session = startBfd(config, discriminator, instant(now));
    this.random = random;
  }

  get deadline(): number {
    return nextBfdDeadline(this.session) ?? Number.POSITIVE_INFINITY;
  }

  step(event: BfdEvent, now: number): BfdPacket | null {
    const { session, send } = stepBfd(this.config, this.session, event, instant(now), this.random());
    this.session = session;
    if (send !== null) this.sent.push({ at: now, packet: send });
    return send;
  }

  hear(packet: BfdPacket, now: number): BfdPacket | null {
    return this.step({ on: 'packet', packet }, now);
  }
}

/** Two ends with a wire of `delay` between them. It gives what each direction lets through. */
export class BfdWire {
  readonly ends: readonly [BfdEnd, BfdEnd];
  now = 0;
  /** Whether packets of the first, of the second end arrive. */
  passes: [boolean, boolean] = [true, true];
  private readonly delay: number;
  private flights: { readonly at: number; readonly to: 0 | 1; readonly packet: BfdPacket }[] = [];

  constructor(a: BfdEnd, b: BfdEnd, delay = 1000) {
    this.ends = [a, b];
    this.delay = delay;
  }

  get states(): string {
    return this.ends.map(({ session }) => session.state).join(' ');
  }

  /** Lets `duration` microseconds pass, or less, as soon as `until` holds. */
  run(duration: number, until: () => boolean = () => false): void {
    const end = this.now + duration;
    while (!until()) {
      const [a, b] = this.ends;
      const next = Math.min(a.deadline, b.deadline, ...this.flights.map(({ at }) => at));
      if (next > end) {
        this.now = end;
        return;
      }
      this.now = Math.max(this.now, next);
      const landed = this.flights.filter(({ at }) => at <= this.now);
      this.flights = this.flights.filter(({ at }) => at > this.now);
      for (const { to, packet } of landed) this.launch(to, this.ends[to].hear(packet, this.now));
      for (const of of [0, 1] as const) {
        if (this.ends[of].deadline <= this.now) this.launch(of, this.ends[of].step({ on: 'tick' }, this.now));
      }
    }
  }

  launch(from: 0 | 1, packet: BfdPacket | null): void {
    if (packet !== null && this.passes[from])
      this.flights.push({ at: this.now + this.delay, to: from === 0 ? 1 : 0, packet });
  }
}
