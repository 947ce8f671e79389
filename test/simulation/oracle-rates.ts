import { demand, type Seen } from './seen.ts';

const FIVE_SECONDS = 5_000_000;
const TEN_SECONDS = 10_000_000;
const GRACE = 100_000;

/** S9: how often a master speaks, whatever it hears. */
export class RateOracle {
  private adverts: number[] = [];
  private bursts: number[] = [];
  private defended: number | null = null;
  /** When the first claim came that has not been contradicted. */
  private claimedAt: number | null = null;

  check({ config, before, after, effects, event, now }: Seen): void {
    if (before.at !== 'master' || after.at !== 'master') {
      this.claimedAt = null;
      this.defended = null;
      return;
    }
    const interval = config.advertInterval * 10_000;
    // Those of another interval do not count in this one.
    if (event?.on === 'reconfigured' && event.before.advertInterval !== config.advertInterval)
      this.adverts = [];
    if (event?.on === 'claimed') this.claimedAt ??= now;
    if (effects.length === 0) return;
    for (const { effect } of effects) {
      if (effect === 'advertise') this.adverts.push(now);
      if (effect === 'announce') this.bursts.push(now);
      if (effect === 'defend') this.defend(now);
    }
    const lately = (times: readonly number[], span: number) => times.filter((time) => time > now - span);
    this.adverts = lately(this.adverts, interval);
    this.bursts = lately(this.bursts, FIVE_SECONDS);
    demand('S9', this.adverts.length <= 4, `${this.adverts.length} adverts in one interval`);
    const refreshes = config.garp.refresh > 0 ? FIVE_SECONDS / config.garp.refresh : 0;
    demand('S9', this.bursts.length <= 3 + refreshes, `${this.bursts.length} bursts in 5 s`);
  }

  // RFC 5227 §2.4(c) and its DEFEND_INTERVAL; who pre-empts announces before it advertises and is not contradicted.
  private defend(now: number): void {
    const after = this.claimedAt === null ? -1 : now - this.claimedAt;
    demand('S9', after >= GRACE, `contradicts ${after} µs after a claim`);
    const again = this.defended === null ? TEN_SECONDS : now - this.defended;
    demand('S9', again >= TEN_SECONDS, `contradicts again after ${again} µs`);
    this.defended = now;
    this.claimedAt = null;
  }
}
