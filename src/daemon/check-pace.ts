import { elapsed, micros, microsToMillis } from '../base/units.ts';
import type { CheckPorts } from './check-ports.ts';

/**
 * A way to ask for `run` as often as one likes: it runs at once where it has rested long enough, else once as soon
 * as it has. It rests `rest` times as long as it took, so that it never takes more than one part in `rest + 1` of the
 * time. Asked for while it runs, it runs once more.
 */
export function paced(
  { clock, after }: Pick<CheckPorts, 'clock' | 'after'>,
  rest: number,
  run: () => void | Promise<void>,
): () => void {
  let busy = false;
  let wanted = false;

  const start = async () => {
    busy = true;
    wanted = false;
    const startedAt = clock.now();
    await run();
    const pause = microsToMillis(micros(rest * elapsed(startedAt, clock.now())));
    after(pause, () => {
      busy = false;
      if (wanted) void start();
    });
  };

  return () => {
    wanted = true;
    if (!busy) void start();
  };
}
