import type { Pair } from '../bed/pair.ts';

/** Of the two directors. */
export const PRIORITIES = [250, 200] as const;
/** Than the other one's. */
const LOWER = 150;

/** A way for a master to go, and its way back. */
export interface Death {
  readonly name: string;
  /** Nobody says that the master is gone: the other director has to miss its adverts. */
  readonly isSilent: boolean;
  /** What is left behind may hold the address for longer than it takes the other one to come. */
  readonly leavesAddress: boolean;
  die(pair: Pair): Promise<void>;
  comeBack(pair: Pair): Promise<void>;
}

const restart = (pair: Pair): Promise<void> => {
  pair.d1.start();
  return Promise.resolve();
};

/** keepalived has no order for it: there somebody lowers the priority in its file, and has it read. */
const handOver = (pair: Pair): Promise<void> =>
  pair.d1.kind === 'lbd' ? pair.d1.order('failover', 'VI_51') : pair.d1.prioritise(LOWER);

const takeBack = (pair: Pair): Promise<void> =>
  pair.d1.kind === 'lbd' ? pair.d1.order('failback', 'VI_51') : pair.d1.prioritise(PRIORITIES[0]);

const told = { isSilent: false, leavesAddress: false };
const cut = { isSilent: true, leavesAddress: false };
const left = { isSilent: true, leavesAddress: true };

export const DEATHS: readonly Death[] = [
  { name: 'planned handover', ...told, die: handOver, comeBack: takeBack },
  { name: 'SIGTERM', ...told, die: (pair) => pair.d1.terminate(), comeBack: restart },
  {
    name: 'link cut',
    ...cut,
    die: (pair) => pair.lab.cutLink('d1'),
    comeBack: (pair) => pair.lab.restoreLink('d1'),
  },
  { name: 'kill -9', ...left, die: (pair) => pair.d1.kill(), comeBack: restart },
  { name: 'hang', ...left, die: (pair) => pair.d1.freeze(), comeBack: (pair) => pair.d1.thaw() },
];
