import { micros } from '../base/units.ts';
import { newsKey, type RouterNews } from '../wire/heartbeat.ts';

/** What one member of a sync group would tell its peers and witnesses. */
export interface Wish {
  readonly news: RouterNews;
  /** Whether a majority of its witnesses grants it; null where it asks none. */
  readonly isGranted: () => boolean | null;
}

/**
 * What the members of one group tell, so that no two nodes keep for ever what the other lacks: who has not got the
 * addresses asks for the member with the first `newsKey`, and for the others once that is granted.
 */
export function inTurn(members: readonly Wish[]): readonly RouterNews[] {
  if (members.length < 2) return members.map(({ news }) => news);
  const [first] = members
    .filter(({ isGranted }) => isGranted() !== null)
    .sort((a, b) => (newsKey(a.news) < newsKey(b.news) ? -1 : 1));
  const isGranted = first?.isGranted() === true;
  return members.map(({ news }) =>
    isGranted || news === first?.news || news.holds ? news : { ...news, wants: micros(0) },
  );
}

/** Which virtual routers somebody asks its witnesses for. */
export const wishesOf = (news: readonly RouterNews[]): string =>
  news
    .filter(({ wants }) => wants > 0)
    .map(newsKey)
    .join();
