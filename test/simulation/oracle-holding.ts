import type { Holding } from '../../src/vrrp/state.ts';
import { learned } from './delays.ts';
import { demand, handoverTime, type Seen } from './seen.ts';

/** µs: what is under way to a former master is served for so long. */
const LINGER = 500_000;
/** µs: a second advert is waited for no longer. */
const LONGEST = 3_000_000;
/** µs: a member that hands over may have to wait for its group. */
const GROUP = 5_000_000;

/**
 * S5, the part of those who are master no longer: they keep the addresses for a bounded time, and stop answering for
 * them only when somebody else has proved to have them.
 */
export class HoldingOracle {
  /** No holding after. */
  private until = 0;
  /** The first advert of a successor; null before. */
  private heardAt: number | null = null;

  check(seen: Seen): void {
    const { before, after, effects, event, now } = seen;
    const old = before.at === 'master' ? null : before.holding;
    const held = after.at === 'master' ? null : after.holding;
    const is = (effect: string) => effects.some((one) => one.effect === effect);
    if (before.at === 'master' && held !== null) this.begin(seen);
    else if (old !== null) this.hear(seen, old);
    const isMute = held?.isQuiet === true && old?.isQuiet !== true;
    demand('S5', isMute === is('quietAddresses'), 'its silence is not told to the kernel');
    const lets = old !== null && held === null && after.at !== 'master';
    demand('S5', !lets || is('removeAddresses'), 'keeps what it has let go');
    demand('S5', !lets || now >= old.until, `lets go before ${old?.until}, on ${event?.on}`);
    demand('S5', old === null || !is('removeAddresses') || lets, 'removes what it holds');
    if (held === null) return;
    demand('S5', held.until <= this.until, `holds the addresses ${held.until - this.until} µs too long`);
    demand('S5', held.until >= now || event?.on !== 'tick', 'holds them past their time');
  }

  private begin({ config, event, siblingHolds, now }: Seen): void {
    this.heardAt = null;
    // In a group the slowest skew time is another member's.
    const longest = config.isGrouped ? LONGEST : handoverTime(config);
    this.until = Math.max(now + longest, siblingHolds ?? 0);
    if (event?.on === 'handover') this.until = now + GROUP;
    if (event?.on !== 'advert') return;
    // RFC 9568 §6.1: Master_Down_Interval of the better master, and one more of its adverts.
    const heard = event.advert.advertInterval * 10_000;
    const interval = config.version === 3 ? learned(config, heard) : config.advertInterval * 10_000;
    const skew = ((256 - config.priority) / 256) * (config.version === 2 ? 1_000_000 : interval);
    this.heardAt = now;
    this.until = now + Math.ceil(config.downTimerAdverts * interval + skew + heard);
    // Its group may have to wait as long as if it had heard nobody.
    const own = config.advertInterval * 10_000;
    const alone = (config.downTimerAdverts + 1) * own + Math.max(1_000_000, own) + heard;
    if (config.isGrouped) this.until = Math.max(this.until, now + alone);
  }

  private hear({ config, event, now, after }: Seen, old: Holding): void {
    const quiets = after.at !== 'master' && after.holding?.isQuiet === true && !old.isQuiet;
    if (event?.on === 'advert' && event.advert.priority > 0 && !old.isQuiet) {
      const interval = event.advert.advertInterval * 10_000;
      if (this.heardAt === null) {
        demand('S5', !quiets, 'takes one advert for a proof');
        this.heardAt = now;
        const longer = Math.max(interval, config.advertInterval * 10_000);
        this.until = now + Math.min(LONGEST, 2 * longer);
      } else if (quiets) {
        demand('S5', (now - this.heardAt) * 2 >= interval, 'takes the same advert for a proof');
        this.until = now + LINGER;
      }
    } else if (quiets) {
      demand('S5', event?.on === 'claimed', `falls silent on ${event?.on}`);
      this.until = now + LINGER;
    }
  }
}
