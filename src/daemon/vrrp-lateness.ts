import type { Clock } from '../base/clock.ts';
import { elapsed, type Instant, type Micros, micros } from '../base/units.ts';
import type { Lateness } from '../model/status.ts';
import { type LatenessRecord, noLateness, showLateness, stepLateness } from '../vrrp/lateness.ts';
import type { VrrpVoice } from './vrrp-voice.ts';

/** A deadline acted on later than this is worth a warning: a tenth of the usual advertisement interval. */
const LATE = micros(100_000);

/** How late the loop of the vrrp process acts. */
export class VrrpLateness {
  private readonly clock: Clock;
  private readonly voice: VrrpVoice;
  private measured: LatenessRecord;

  constructor(clock: Clock, voice: VrrpVoice) {
    this.clock = clock;
    this.voice = voice;
    this.measured = noLateness(clock.now());
  }

  /** What was `due` is acted on now that it `woke`: by how much that is late. */
  record(due: Instant, woke: Instant): Micros {
    const late = elapsed(due, woke);
    this.measured = stepLateness(this.measured, late, woke, this.clock.wall());
    if (late >= LATE) {
      const late_ms = Math.round(late / 1000);
      const message = `the vrrp loop acted ${late_ms} ms after its deadline`;
      this.voice.complain('loop', 'warn', 'vrrp_late', message, { late_ms });
    }
    return late;
  }

  show(): Lateness {
    return showLateness(this.measured);
  }
}
