import type { XdpOp } from '../model/xdp.ts';

/**
 * When a write is due. A service is closed first and opened last; a ring is written when all servers that it names are
 * there, and what it does not name any more is let go after it is in place.
 */
export type Stage =
  | 'guard'
  | 'close'
  | 'clear'
  | 'fill'
  | 'ring'
  | 'set'
  | 'open'
  | 'retire'
  | 'free'
  | 'settle';

const STAGES: readonly Stage[] = [
  'guard',
  'close',
  'clear',
  'fill',
  'ring',
  'set',
  'open',
  'retire',
  'free',
  'settle',
];

export interface StagedOp {
  readonly stage: Stage;
  readonly op: XdpOp;
}

/** The writes in the order of their stages, within one in the order given; all flows are cleared in one go. */
export function inOrder(staged: readonly StagedOp[]): readonly XdpOp[] {
  const byStage = new Map<Stage, XdpOp[]>(STAGES.map((stage) => [stage, []]));
  for (const { stage, op } of staged) byStage.get(stage)?.push(op);
  const cleared = (byStage.get('clear') ?? []).flatMap((op) => (op.op === 'clearFlows' ? op.servers : []));
  byStage.set('clear', cleared.length === 0 ? [] : [{ op: 'clearFlows', servers: cleared }]);
  return [...byStage.values()].flat();
}
