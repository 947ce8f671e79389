import type { Instant } from '../../src/base/units.ts';
import { printLine, type RecordedOutput, type RecordedTurn } from '../../src/daemon/vrrp-recorder.ts';
import type { LbdEvent } from '../../src/model/events.ts';
import type { Recording } from './recording.ts';
import { Replay } from './replay.ts';

/** The first output that is another one than the recorded one. */
export interface Difference {
  readonly input: RecordedTurn;
  /** Null for none. */
  readonly recorded: RecordedOutput | null;
  readonly replayed: RecordedOutput | null;
}

/**
 * What a recording that was begun in the middle of a life cannot know: when the same was said last, and when lifetimes
 * of addresses were renewed last.
 */
const UNKNOWN_AT_FIRST: ReadonlySet<string> = new Set([
  'vrrp_advert_refused',
  'vrrp_send_failed',
  'vrrp_flood',
  'vrrp_address_list_mismatch',
  'vrrp_interval_mismatch',
  'vrrp_late',
  'address_failed',
]);

/**
 * Replays a recording; `decided` is told of every event of the replayed machine as it comes. Gives the first
 * difference, after which nothing is compared any more; null where all outputs are equal.
 */
export async function compareReplay(
  { begin, turns }: Recording,
  decided: (at: Instant, event: LbdEvent) => void,
): Promise<Difference | null> {
  const replay = new Replay();
  const matters = begin.standing === null ? () => true : isKnown;
  let difference: Difference | null = null;
  await replay.play(begin);
  let recorded: RecordedOutput[] = [];
  for (const { input, outputs } of turns) {
    const replayed = await replay.play(input);
    recorded.push(...outputs);
    if (input.interrupted === true) continue;
    for (const output of replayed) {
      const event = eventOf(output);
      if (event !== null) decided(input.at, event);
    }
    difference ??= firstDifference(input, recorded.filter(matters), replayed.filter(matters));
    recorded = [];
  }
  return difference;
}

function firstDifference(
  input: RecordedTurn,
  recorded: readonly RecordedOutput[],
  replayed: readonly RecordedOutput[],
): Difference | null {
  for (let i = 0; i < Math.max(recorded.length, replayed.length); i++) {
    const [one, other] = [recorded[i] ?? null, replayed[i] ?? null];
    if (printLine(one) !== printLine(other)) return { input, recorded: one, replayed: other };
  }
  return null;
}

function isKnown(output: RecordedOutput): boolean {
  const event = eventOf(output);
  return event === null ? output.out[0] !== 'addresses.renew' : !UNKNOWN_AT_FIRST.has(event.event);
}

export function eventOf({ out: [name, message] }: RecordedOutput): LbdEvent | null {
  const told = message as { readonly message?: string; readonly event?: LbdEvent } | undefined;
  return name === 'tell' && told?.message === 'event' ? (told.event ?? null) : null;
}
