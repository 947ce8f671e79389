import type { Problem } from '../diagnostic.ts';
import type { Path } from '../path.ts';

/** Reports a problem at a path below the thing that is being composed. */
export type Say = (path: Path, problem: Problem) => void;

export const under =
  (say: Say, ...prefix: Path): Say =>
  (path, problem) =>
    say([...prefix, ...path], problem);

/** Says each thing once, however often it is found. */
export function once(say: Say): Say {
  const said = new Set<string>();
  return (path, problem) => {
    const key = JSON.stringify([path, problem]);
    if (said.has(key)) return;
    said.add(key);
    say(path, problem);
  };
}
