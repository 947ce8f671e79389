/** What is to happen, earliest first; of one moment, in the order in which it was put in. */
export class Queue<T> {
  private readonly heap: { readonly at: number; readonly order: number; readonly what: T }[] = [];
  private order = 0;

  put(at: number, what: T): void {
    const item = { at, order: this.order++, what };
    let i = this.heap.length;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = this.heap[parent];
      if (above === undefined || !before(item, above)) break;
      this.heap[i] = above;
      i = parent;
    }
    this.heap[i] = item;
  }

  take(): { readonly at: number; readonly what: T } | null {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first === undefined || last === undefined) return null;
    if (this.heap.length > 0) this.sink(last);
    return first;
  }

  private sink(item: { readonly at: number; readonly order: number; readonly what: T }): void {
    let i = 0;
    for (;;) {
      const left = this.heap[2 * i + 1];
      const right = this.heap[2 * i + 2];
      const isRight = left !== undefined && right !== undefined && before(right, left);
      const least = isRight ? right : left;
      if (least === undefined || !before(least, item)) break;
      this.heap[i] = least;
      i = 2 * i + (isRight ? 2 : 1);
    }
    this.heap[i] = item;
  }
}

interface Ordered {
  readonly at: number;
  readonly order: number;
}

const before = (a: Ordered, b: Ordered): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
