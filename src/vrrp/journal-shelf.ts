import { elapsed, type Instant, type Micros, type WallTime } from '../base/units.ts';
import type { JournalEntry, JournalFact } from '../model/journal.ts';

/** After so long a pause a run is over, and an equal fact begins another. */
const RUN_ENDS = 60_000_000;

interface Run {
  fact: JournalFact;
  /** How many decisions came before it. */
  chapter: number;
  count: number;
  firstAt: Instant;
  firstWall: WallTime;
  lastAt: Instant;
  lastWall: WallTime;
  leastGap: Micros | null;
  mostGap: Micros | null;
}

/**
 * The entries of one kind. A fact equal to one of this chapter counts that run on, without allocating anything; another
 * takes a place of its own, when all are taken that of the oldest chapter, of the rarest, of the longest quiet. So the
 * peer that was heard a thousand times outlasts any number of sources that were heard once.
 */
export class JournalShelf {
  /** Runs that made room for others. */
  forgotten = 0;
  private readonly limit: number;
  private readonly runs: Run[] = [];
  /** Where the last fact went: most facts are like the one before. */
  private hit = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  note(fact: JournalFact, chapter: number, at: Instant, wall: WallTime): void {
    const found = this.find(fact, chapter, at);
    const run = this.runs[found];
    if (run !== undefined) {
      const gap = elapsed(run.lastAt, at);
      run.fact = fact;
      run.count++;
      run.lastAt = at;
      run.lastWall = wall;
      run.leastGap = run.leastGap === null || gap < run.leastGap ? gap : run.leastGap;
      run.mostGap = run.mostGap === null || gap > run.mostGap ? gap : run.mostGap;
      this.hit = found;
      return;
    }
    const place = this.runs.length < this.limit ? this.runs.length : this.dispensable();
    if (place < this.runs.length) this.forgotten++;
    this.runs[place] = {
      fact,
      chapter,
      count: 1,
      firstAt: at,
      firstWall: wall,
      lastAt: at,
      lastWall: wall,
      leastGap: null,
      mostGap: null,
    };
    this.hit = place;
  }

  /** Copies of the entries of the chapters from `from` on and before `to`. */
  read(from: number, to: number): JournalEntry[] {
    return this.runs.filter(({ chapter }) => chapter >= from && chapter < to).map(entryOf);
  }

  private find(fact: JournalFact, chapter: number, at: Instant): number {
    if (continues(this.runs[this.hit], fact, chapter, at)) return this.hit;
    for (let i = 0; i < this.runs.length; i++) if (continues(this.runs[i], fact, chapter, at)) return i;
    return -1;
  }

  private dispensable(): number {
    let least = 0;
    for (let i = 1; i < this.runs.length; i++) {
      const a = this.runs[i];
      const b = this.runs[least];
      if (a !== undefined && b !== undefined && goesBefore(a, b)) least = i;
    }
    return least;
  }
}

function continues(run: Run | undefined, fact: JournalFact, chapter: number, at: Instant): boolean {
  if (run === undefined || run.chapter !== chapter || elapsed(run.lastAt, at) > RUN_ENDS) return false;
  return isSameRun(run.fact, fact);
}

function goesBefore(a: Run, b: Run): boolean {
  if (a.chapter !== b.chapter) return a.chapter < b.chapter;
  if (a.count !== b.count) return a.count < b.count;
  return a.lastAt < b.lastAt;
}

/** Whether a fact goes on with the run of another. */
function isSameRun(a: JournalFact, b: JournalFact): boolean {
  switch (a.kind) {
    case 'heard':
      return (
        b.kind === 'heard' &&
        a.source === b.source &&
        a.priority === b.priority &&
        a.interval === b.interval &&
        a.addressListDiffers === b.addressListDiffers &&
        a.intervalDiffers === b.intervalDiffers
      );
    case 'refused':
      return b.kind === 'refused' && a.source === b.source && a.refusal === b.refusal;
    case 'sent':
      return b.kind === 'sent' && a.priority === b.priority;
    case 'deadline':
      return (
        b.kind === 'deadline' &&
        a.what === b.what &&
        a.made?.adverts === b.made?.adverts &&
        a.made?.interval === b.made?.interval &&
        a.made?.skew === b.made?.skew
      );
    case 'fault':
      return b.kind === 'fault' && a.because === b.because;
    case 'claimed':
      return b.kind === 'claimed' && a.address === b.address && a.mac === b.mac;
    case 'probed':
      return b.kind === 'probed' && a.what === b.what && a.found === b.found;
    default:
      // Each of these is news of its own: a tracker, a recovery, how late it was this time.
      return false;
  }
}

function entryOf(run: Run): JournalEntry {
  return {
    fact: run.fact,
    count: run.count,
    first: { at: run.firstAt, wall: run.firstWall },
    last: { at: run.lastAt, wall: run.lastWall },
    leastGap: run.leastGap,
    mostGap: run.mostGap,
  };
}
