import type { Clock } from '../base/clock.ts';
import type { Ip } from '../base/ip.ts';
import { centisToMicros, elapsed, type Instant, later, type Micros, micros } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import type { Refusal } from '../model/counters.ts';
import type { Decision, Journal, JournalFact, MasterDown } from '../model/journal.ts';
import type { TrackStatus } from '../model/status.ts';
import type { AcceptedAdvert, ReceivedAdvert } from '../vrrp/accept.ts';
import { JournalRing } from '../vrrp/journal.ts';
import type { MachineConfig, VrrpState } from '../vrrp/state.ts';
import { activeInterval, skewTime } from '../vrrp/timers.ts';

/** A loop that is later than this is late even for adverts of a centisecond. */
const LATE: Micros = micros(5000);

/** The journal of one instance: what its shell sees, as facts with their times. */
export class VrrpJournal {
  private readonly ring = new JournalRing();
  private readonly clock: Clock;
  private tracks: readonly TrackStatus[] = [];
  /** What was heard last, which may be the same object again. */
  private last: { readonly advert: AcceptedAdvert; readonly fact: JournalFact } | null = null;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  note(fact: JournalFact): void {
    this.ring.note(fact, this.clock.now(), this.clock.wall());
  }

  heard(advert: AcceptedAdvert): void {
    if (this.last?.advert !== advert) this.last = { advert, fact: factOf(advert) };
    this.note(this.last.fact);
  }

  /** `received` is the advert, where it could be read. */
  refused(refusal: Refusal, source: Ip | null, received: ReceivedAdvert | null): void {
    const told = received === null ? null : toldBy(refusal, received);
    this.note({ kind: 'refused', source, refusal, told });
  }

  /** The machine has come from one state to another; to be called when its effects have been performed. */
  stepped(config: MachineConfig, before: VrrpState, after: VrrpState): void {
    if (after.at === 'backup') {
      const was = before.at === 'backup' ? before : null;
      const { masterDownAt: until, preemptAt } = after;
      // What is asked about a takeover moves the deadline, and is noted by itself.
      if (until !== was?.masterDownAt && after.asking === null) {
        this.note({ kind: 'deadline', what: 'master_down', until, made: madeOf(config, after) });
      }
      if (preemptAt !== null && preemptAt !== was?.preemptAt) this.deadline('preempt_delay', preemptAt);
    }
    if (after.at === 'master' && config.lease !== null) {
      const renewedAt = before.at === 'master' ? before.advertisedAt : null;
      if (after.advertisedAt !== renewedAt) this.deadline('lease', later(after.advertisedAt, config.lease));
    }
    const held = before.at === 'master' ? null : before.holding;
    if (after.at !== 'master' && after.holding !== null && after.holding.until !== held?.until) {
      this.deadline('handover', after.holding.until);
    }
  }

  decided(what: Pick<Decision, 'from' | 'to' | 'because' | 'priority'>): void {
    if (what.from === 'FAULT') this.note({ kind: 'recovered' });
    if (what.to === 'FAULT') this.note({ kind: 'fault', because: what.because });
    this.ring.decide(what, this.clock.now(), this.clock.wall());
  }

  /** `tracks` are those of now; what changed of them since the last call is why. */
  priority(from: number, to: number, tracks: readonly TrackStatus[]): void {
    const changed = tracks.filter((track) => {
      const was = this.tracks.find(({ kind, name }) => kind === track.kind && name === track.name);
      return (was?.contributes ?? 0) !== (track.contributes ?? 0);
    });
    this.tracks = tracks;
    const because = changed.map(({ kind, name, health, contributes }) => {
      const effect = contributes ?? 0;
      return `${kind} ${name} is ${health} (${effect < 0 ? '' : '+'}${effect})`;
    });
    const text = because.length === 0 ? 'another configuration' : because.join(', ');
    this.note({ kind: 'priority', from, to, because: text });
  }

  /** The loop was late: noted if that is much for adverts of this interval. */
  late(by: Micros, { advertInterval }: InstanceConfig): void {
    if (by >= LATE && by * 10 >= centisToMicros(advertInterval)) this.note({ kind: 'late', by });
  }

  show(): Journal {
    return this.ring.show(this.clock.now(), this.clock.wall());
  }

  private deadline(what: 'preempt_delay' | 'lease' | 'handover', until: Instant): void {
    this.note({ kind: 'deadline', what, until, made: null });
  }
}

const factOf = ({
  source,
  priority,
  advertInterval: interval,
  addressListDiffers,
  intervalDiffers,
}: AcceptedAdvert): JournalFact => ({
  kind: 'heard',
  source,
  priority,
  interval,
  addressListDiffers,
  intervalDiffers,
});

/** What the time of a backup consists of, if it is Master_Down_Interval or the Skew_Time after a resignation. */
function madeOf(config: MachineConfig, state: Extract<VrrpState, { at: 'backup' }>): MasterDown | null {
  const interval = activeInterval(config, state.interval);
  const skew = skewTime(config, interval);
  const whole = elapsed(state.armedAt, state.masterDownAt);
  if (whole === skew) return { adverts: 0, interval, skew };
  const adverts = config.downTimerAdverts;
  return whole === micros(adverts * interval + skew) ? { adverts, interval, skew } : null;
}

/** What of a refused advert tells more than the reason does. */
function toldBy(refusal: Refusal, { advert, ttl, destination }: ReceivedAdvert): string | null {
  switch (refusal) {
    case 'ttl':
      return `TTL ${ttl}`;
    case 'version':
      return `version ${advert.version}`;
    case 'vrid':
      return `VRID ${advert.vrid}`;
    case 'destination':
      return `sent to ${destination}`;
    case 'interval':
      return `every ${advert.version === 2 ? advert.advertInterval : advert.maxAdvertInterval / 100} s`;
    default:
      return null;
  }
}
