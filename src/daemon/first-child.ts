import type { ChildProcess } from 'node:child_process';

/** A process that is started before anybody knows what it is to do. It waits for that, and ends with its parent. */
export interface FirstChild {
  /** Gives it away, once; null where there is none, or it is gone already. */
  take(): ChildProcess | null;
  /** Ends it: it cannot be used. */
  drop(): void;
}

export function firstChild(child: ChildProcess | null): FirstChild {
  let kept = child;
  // Who takes it listens too; one that could not be started is one that is gone.
  child?.once('error', () => {
    kept = null;
  });
  const take = () => {
    const given = kept;
    kept = null;
    return given?.connected === true && given.exitCode === null ? given : null;
  };
  return { take, drop: () => void take()?.kill('SIGKILL') };
}
