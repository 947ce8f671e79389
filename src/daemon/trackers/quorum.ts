import type { TrackerHealth, TrackProcessConfig } from '../../model/tracking.ts';

export interface Quorum {
  health(): TrackerHealth;
  /** So many processes run now. */
  count(running: number): void;
  stop(): void;
}

/**
 * Believes that there are enough processes, and not too many, once that has lasted as long as the tracker asks. The
 * first count is believed at once.
 */
export function createQuorum(
  config: Pick<TrackProcessConfig, 'quorum' | 'quorumMax' | 'forkDelay' | 'terminateDelay'>,
  changed: (health: 'good' | 'bad', running: number) => void,
): Quorum {
  let believed: 'good' | 'bad' | 'unknown' = 'unknown';
  let running = 0;
  let waiting: NodeJS.Timeout | null = null;

  const wait = (delay: number, then: () => void) => {
    waiting ??= setTimeout(() => {
      waiting = null;
      then();
    }, delay);
  };
  const cancel = () => {
    if (waiting !== null) clearTimeout(waiting);
    waiting = null;
  };
  const believe = (health: 'good' | 'bad') => {
    believed = health;
    changed(health, running);
  };

  return {
    health: () => believed,
    count(now) {
      running = now;
      const health =
        now >= config.quorum && (config.quorumMax === null || now <= config.quorumMax) ? 'good' : 'bad';
      const delay = health === 'good' ? config.forkDelay : config.terminateDelay;
      if (health === believed) cancel();
      else if (believed === 'unknown' || delay <= 0) believe(health);
      else wait(delay, () => believe(health));
    },
    stop: cancel,
  };
}
