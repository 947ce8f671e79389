import { elapsed, type Instant, type WallTime } from '../base/units.ts';
import type { Decision, Journal, JournalEntry, JournalFact } from '../model/journal.ts';
import { JournalShelf } from './journal-shelf.ts';

/** Entries kept of each kind: a flood of one kind takes no place from another. */
const PLACES: Readonly<Record<JournalFact['kind'], number>> = {
  heard: 64,
  refused: 64,
  sent: 16,
  deadline: 16,
  priority: 32,
  fault: 16,
  recovered: 16,
  claimed: 32,
  probed: 32,
  late: 32,
};
const DECISIONS = 16;
/** Of each kind, that many of the latest and that many of the most frequent entries are evidence of a decision. */
const EVIDENCE = 8;
/** What was noted longer ago than this before the decision before leads to nothing any more. */
const RECENT = 60_000_000;

/**
 * What one instance has heard, sent, set and decided, in bounded memory: 320 entries and the last 16 decisions, each
 * with the evidence of its time. A fact that repeats itself costs no memory, one that does not costs a look at the 64
 * entries of its kind at most.
 */
export class JournalRing {
  private readonly shelves = new Map<JournalFact['kind'], JournalShelf>(
    (Object.keys(PLACES) as JournalFact['kind'][]).map((kind) => [kind, new JournalShelf(PLACES[kind])]),
  );
  private readonly decisions: Decision[] = [];
  private chapter = 0;

  note(fact: JournalFact, at: Instant, wall: WallTime): void {
    this.shelves.get(fact.kind)?.note(fact, this.chapter, at, wall);
  }

  /** A change of state. What was noted since the one before is its evidence, and every run begins anew. */
  decide(what: Pick<Decision, 'from' | 'to' | 'because' | 'priority'>, at: Instant, wall: WallTime): void {
    const { from, to, because, priority } = what;
    const kinds = [...this.shelves].map(([kind, shelf]) => this.leadingTo(kind, shelf, at));
    const evidence = inOrder(kinds.flatMap(tellingOf));
    this.decisions.push({ from, to, because, priority, at: { at, wall }, evidence });
    if (this.decisions.length > DECISIONS) this.decisions.shift();
    this.chapter++;
  }

  show(at: Instant, wall: WallTime): Journal {
    const shelves = [...this.shelves.values()];
    return {
      takenAt: { at, wall },
      decisions: [...this.decisions],
      since: inOrder(this.read(this.chapter, this.chapter + 1).flat()),
      before: inOrder(this.read(0, this.chapter).flat()),
      forgotten: shelves.reduce((sum, { forgotten }) => sum + forgotten, 0),
    };
  }

  /** The entries of a kind since the decision before. Where nobody was heard since, who was heard last, unless long ago. */
  private leadingTo(kind: JournalFact['kind'], shelf: JournalShelf, at: Instant): JournalEntry[] {
    const own = shelf.read(this.chapter, this.chapter + 1);
    if (own.length > 0 || (kind !== 'heard' && kind !== 'deadline')) return own;
    const recent = shelf.read(0, this.chapter).filter(({ last }) => elapsed(last.at, at) < RECENT);
    return inOrder(recent).slice(-1);
  }

  private read(from: number, to: number): JournalEntry[][] {
    return [...this.shelves.values()].map((shelf) => shelf.read(from, to));
  }
}

const inOrder = (entries: JournalEntry[]): JournalEntry[] => entries.sort((a, b) => a.last.at - b.last.at);

function tellingOf(entries: readonly JournalEntry[]): JournalEntry[] {
  const latest = [...entries].sort((a, b) => b.last.at - a.last.at).slice(0, EVIDENCE);
  const frequent = [...entries].sort((a, b) => b.count - a.count).slice(0, EVIDENCE);
  return [...new Set([...latest, ...frequent])];
}
