import type { Pair } from '../bed/pair.ts';

/** A way for a master to go, and its way back. */
export interface Death {
  readonly name: string;
  die(pair: Pair): Promise<void>;
  comeBack(pair: Pair): Promise<void>;
}

const restart = (pair: Pair): Promise<void> => {
  pair.d1.start();
  return Promise.resolve();
};

export const DEATHS: readonly Death[] = [
  { name: 'SIGTERM', die: (pair) => pair.d1.terminate(), comeBack: restart },
  {
    name: 'link cut',
    die: (pair) => pair.lab.cutLink('d1'),
    comeBack: (pair) => pair.lab.restoreLink('d1'),
  },
  { name: 'kill -9', die: (pair) => pair.d1.kill(), comeBack: restart },
];
