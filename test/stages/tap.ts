import type { Outcome } from './outcome.ts';

/** Totals and skips of a report by Node's `tap` reporter; null when it ends before its totals. */
export function countTap(text: string): Outcome | null {
  const total = (name: string) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  const passed = total('pass');
  const failed = total('fail') + total('cancelled');
  const skipped = total('skipped') + total('todo');
  if (Number.isNaN(passed + failed + skipped)) return null;
  const notes = [...text.matchAll(/^\s*ok \d+ - (.*) # (SKIP|TODO)(.*)$/gm)].map(
    ([, name, kind, why]) => `${kind?.toLowerCase()}: ${name}:${why || ' no reason given'}`,
  );
  return { passed, failed, skipped, notes };
}
