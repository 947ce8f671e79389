import type { Ip } from '../base/ip.ts';

/** That many sources are kept: more routers than share a segment with us, fewer than a filter has room for. */
const PLACES = 64;

/**
 * The sources of accepted adverts, in bounded memory. A new one takes the place of the one that was heard the fewest
 * times, so that any number of sources that were heard once leave the master of an hour where it is.
 */
export class FamiliarSources {
  private readonly heard = new Map<Ip, number>();

  /** One more advert of it was accepted. Gives whether it was here before. */
  note(source: Ip): boolean {
    const times = this.heard.get(source);
    if (times === undefined && this.heard.size >= PLACES) this.forgetOne();
    this.heard.set(source, (times ?? 0) + 1);
    return times !== undefined;
  }

  get addresses(): readonly Ip[] {
    return [...this.heard.keys()];
  }

  private forgetOne(): void {
    const [first, ...rest] = this.heard;
    if (first === undefined) return;
    const [rarest] = rest.reduce((least, one) => (one[1] < least[1] ? one : least), first);
    this.heard.delete(rarest);
  }
}
