import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `condition` holds; throws with `what`, and the last error of `condition`, after `limitMs`. */
export async function eventually(
  what: string,
  limitMs: number,
  condition: () => Promise<boolean> | boolean,
  everyMs = 50,
): Promise<void> {
  const end = Date.now() + limitMs;
  let last: unknown = null;
  do {
    try {
      if (await condition()) return;
      last = null;
    } catch (error) {
      last = error;
    }
    await sleep(everyMs);
  } while (Date.now() < end);
  const cause = last instanceof Error ? ` (${last.message})` : '';
  throw new Error(`not within ${limitMs} ms: ${what}${cause}`);
}
