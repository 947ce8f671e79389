import { elapsed, type Instant, seconds } from '../base/units.ts';
import type { CheckConfig } from '../model/check.ts';

/** A shortage of this machine shows in all checks at once and is said at most this often. */
const SHORTAGE_GAP = seconds(60);
/** A check that lacks something of its own is named at first, and again this often. */
const LACK_GAP = seconds(600);
/** So many of those are named in a `SHORTAGE_GAP`; the others come after it. */
const MOST_NAMED = 100;

/** What any probe may run out of, whatever it asks, by the name that its detail has for it. */
const SHARED = /\b(?:EMFILE|ENFILE|ENOBUFS|ENOMEM|EAGAIN)\b/;

/** Which checks that could not be made are worth a line in the log. */
export class CheckLacks {
  #shortageToldAt: Instant | null = null;
  #named = { since: null as Instant | null, count: 0 };
  readonly #namedAt = new WeakMap<object, Instant>();

  /** Whether to say now that this check of `who` could not be made, for the reason in `detail`. Counts as said. */
  isNews(who: object, check: CheckConfig, detail: string, now: Instant): boolean {
    if (!needsOwn(check) || SHARED.test(detail)) {
      if (isWithin(this.#shortageToldAt, SHORTAGE_GAP, now)) return false;
      this.#shortageToldAt = now;
      return true;
    }
    if (isWithin(this.#namedAt.get(who) ?? null, LACK_GAP, now)) return false;
    if (!isWithin(this.#named.since, SHORTAGE_GAP, now)) this.#named = { since: now, count: 0 };
    if (this.#named.count >= MOST_NAMED) return false;
    this.#named.count++;
    this.#namedAt.set(who, now);
    return true;
  }
}

const isWithin = (toldAt: Instant | null, gap: ReturnType<typeof seconds>, now: Instant): boolean =>
  toldAt !== null && elapsed(toldAt, now) < gap;

/** Whether a check names something of this machine that others do without: a program, a file, a source. */
function needsOwn(check: CheckConfig): boolean {
  if (check.type === 'misc' || (check.type === 'http' && check.tls !== null)) return true;
  return 'source' in check && Object.values(check.source).some((value) => value !== null);
}
