/** Lines on their way from the vrrp process to core. */
export interface RecordBatch {
  /** Number of its first line among all that this process has sent; numbers of lost lines are not given again. */
  readonly from: number;
  readonly lines: readonly string[];
}

/** As much as waits for core; what comes then is lost. */
const MOST_CHARACTERS = 4 * 1024 * 1024;
const MOST_IN_BATCH = 256 * 1024;

/**
 * A stream of lines that never blocks its sender and never grows beyond 4 Mi characters: one batch is under way, the
 * next is sent when core has written that one. A line that finds no room is lost, and `put` says so.
 */
export class RecordStream {
  private readonly send: (batch: RecordBatch) => void;
  private waiting: string[] = [];
  private characters = 0;
  private underWay: RecordBatch | null = null;
  private next = 0;

  constructor(send: (batch: RecordBatch) => void) {
    this.send = send;
  }

  /** False for a line that is lost. */
  put(line: string): boolean {
    if (this.characters + line.length > MOST_CHARACTERS && this.waiting.length > 0) return false;
    this.waiting.push(line);
    this.characters += line.length;
    if (this.underWay === null) this.dispatch(MOST_IN_BATCH);
    return true;
  }

  /** Core has written all lines before this number. */
  written(upTo: number): void {
    if (this.underWay === null || upTo < this.underWay.from + this.underWay.lines.length) return;
    this.underWay = null;
    if (this.waiting.length > 0) this.dispatch(MOST_IN_BATCH);
  }

  /** Sends everything that waits, with what has not been confirmed: it may not have left yet. */
  flush(): void {
    const again = this.underWay;
    if (again !== null) {
      this.waiting.unshift(...again.lines);
      this.next = again.from;
    }
    if (this.waiting.length > 0) this.dispatch(Number.POSITIVE_INFINITY);
  }

  private dispatch(most: number): void {
    let size = 0;
    let count = 0;
    while (count < this.waiting.length && (count === 0 || size < most)) {
      size += this.waiting[count]?.length ?? 0;
      count++;
    }
    const lines = this.waiting.splice(0, count);
    this.characters = this.waiting.reduce((sum, line) => sum + line.length, 0);
    this.underWay = { from: this.next, lines };
    this.next += lines.length;
    this.send(this.underWay);
  }
}
