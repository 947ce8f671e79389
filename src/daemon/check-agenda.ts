import { elapsed, type Instant, microsToMillis, millis } from '../base/units.ts';
import type { CheckPorts } from './check-ports.ts';

export interface Dated {
  /** When something is due; it must not change while that is on an agenda. */
  dueAt: Instant;
  /** Its place on the agenda, which counts from 1; 0 while it is on none. The agenda's to set, as is `number`. */
  place: number;
  /** How many were put on the agenda before it: of two that are due together it says which comes first. */
  number: number;
}

/**
 * What is to be done when, with one timer for all: a timer of Node's for each of 10,000 checks, with what calls it off, took
 * 4 MB.
 */
export class CheckAgenda<Item extends Dated> {
  readonly #ports: Pick<CheckPorts, 'clock' | 'after'>;
  readonly #due: (item: Item) => void;
  #added = 0;
  /** A heap: none comes before the one at half its place. The first place is nobody's. */
  readonly #heap: (Item | undefined)[] = [undefined];
  /** When the timer is set for. */
  #waitsFor: Instant | null = null;
  #callOff: () => void = () => undefined;

  /** `due` is called with each item once, when its time has come. */
  constructor(ports: Pick<CheckPorts, 'clock' | 'after'>, due: (item: Item) => void) {
    this.#ports = ports;
    this.#due = due;
  }

  add(item: Item): void {
    item.number = this.#added++;
    this.#rise(item, this.#heap.length);
    this.#wait();
  }

  /** One that is not on it may be removed too. */
  remove(item: Item): void {
    if (item.place === 0) return;
    this.#take(item);
    this.#wait();
  }

  #wait(): void {
    const dueAt = this.#heap[1]?.dueAt ?? null;
    if (dueAt === this.#waitsFor) return;
    this.#callOff();
    this.#waitsFor = dueAt;
    if (dueAt === null) return;
    const { clock, after } = this.#ports;
    const delay = Math.max(0, Math.ceil(microsToMillis(elapsed(clock.now(), dueAt))));
    this.#callOff = after(millis(delay), () => this.#run());
  }

  #run(): void {
    this.#waitsFor = null;
    const now = this.#ports.clock.now();
    for (let item = this.#heap[1]; item !== undefined && item.dueAt <= now; item = this.#heap[1]) {
      this.#take(item);
      this.#due(item);
    }
    this.#wait();
  }

  #take(item: Item): void {
    const { place } = item;
    const last = this.#heap.pop();
    item.place = 0;
    if (last === undefined || last === item) return;
    this.#sink(last, place);
    this.#rise(last, last.place);
  }

  /** Puts it into the place, or one above. */
  #rise(item: Item, place: number): void {
    let at = place;
    for (;;) {
      const above = this.#heap[at >> 1];
      if (above === undefined || !isBefore(item, above)) break;
      this.#put(above, at);
      at >>= 1;
    }
    this.#put(item, at);
  }

  /** Puts it into the place, or one below. */
  #sink(item: Item, place: number): void {
    let at = place;
    for (;;) {
      const [left, right] = [this.#heap[2 * at], this.#heap[2 * at + 1]];
      const first = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (first === undefined || !isBefore(first, item)) break;
      const below = first.place;
      this.#put(first, at);
      at = below;
    }
    this.#put(item, at);
  }

  #put(item: Item, place: number): void {
    this.#heap[place] = item;
    item.place = place;
  }
}

const isBefore = (a: Dated, b: Dated): boolean =>
  a.dueAt === b.dueAt ? a.number < b.number : a.dueAt < b.dueAt;
