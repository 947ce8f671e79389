import type { Result } from '../base/result.ts';
import type { Applied } from '../ipc/messages.ts';
import type { Loaded, Rejection } from './core.ts';

/** How a reload ended: in force as a whole, or not at all. */
export type ReloadOutcome =
  | {
      readonly accepted: true;
      readonly generation: number;
      readonly warnings: readonly string[];
      /** What the configuration is not to blame for, such as an interface that is down. */
      readonly problems: readonly string[];
    }
  | {
      readonly accepted: false;
      readonly code: 'stopping' | 'bad_config' | 'kernel_refused';
      /** The configuration that runs on. */
      readonly generation: number;
      readonly lines: Rejection;
    };

export interface ReloadDoor {
  read(): Promise<Result<Loaded, Rejection>>;
  running(): { readonly loaded: Loaded; readonly generation: number };
  /** Gives the generation that both processes are now sent. */
  put(loaded: Loaded): number;
  /** What the processes say of a generation; null of one that does not answer. */
  settled(generation: number): Promise<Readonly<Record<'vrrp' | 'check', Applied | null>>>;
  /** What they said last. */
  said(): readonly Applied[];
}

/**
 * Reloads one at a time. Who asks while one is under way gets the outcome of the next, which begins after that one and is
 * shared by all who ask until then.
 */
export function inTurn(reload: () => Promise<ReloadOutcome>): () => Promise<ReloadOutcome> {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<ReloadOutcome> | null = null;
  return () => {
    next ??= last.then(() => {
      next = null;
      return reload();
    });
    last = next;
    return next;
  };
}

/**
 * Reads the configuration again and puts it in force. If the kernel refuses for good what it asks for, and did not
 * refuse that before, the former configuration is put back.
 */
export async function reloadConfig(door: ReloadDoor): Promise<ReloadOutcome> {
  const read = await door.read();
  const before = door.running();
  if (!read.ok) {
    return { accepted: false, code: 'bad_config', generation: before.generation, lines: read.error };
  }
  const known = new Set(door.said().flatMap(({ refused }) => refused));
  const generation = door.put(read.value);
  const answers = Object.entries(await door.settled(generation));
  const refused = answers
    .flatMap(([, answer]) => answer?.refused ?? [])
    .filter((refusal) => !known.has(refusal));
  const [first, ...others] = refused.map((refusal) => `the kernel refuses ${refusal}`);
  if (first !== undefined) {
    const restored = door.put(before.loaded);
    await door.settled(restored);
    return { accepted: false, code: 'kernel_refused', generation: restored, lines: [first, ...others] };
  }
  const problems = answers.flatMap(([name, answer]) =>
    answer === null ? `${name} has not answered yet` : (answer.problem ?? []),
  );
  return { accepted: true, generation, warnings: read.value.warnings, problems };
}
