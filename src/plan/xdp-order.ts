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

/** The writes of a change, by the stages that they are due in. */
export class StagedWrites {
  /** Stages in their order. */
  readonly #writes: Record<Stage, XdpOp[]> = {
    guard: [],
    close: [],
    clear: [],
    fill: [],
    ring: [],
    set: [],
    open: [],
    retire: [],
    free: [],
    settle: [],
  };

  add(stage: Stage, op: XdpOp): void {
    this.#writes[stage].push(op);
  }

  /** In the order of their stages, within one in the order in which they were added; all flows are cleared in one go. */
  inOrder(): readonly XdpOp[] {
    const cleared = this.#writes.clear.flatMap((op) => (op.op === 'clearFlows' ? op.servers : []));
    const clear: XdpOp[] = cleared.length === 0 ? [] : [{ op: 'clearFlows', servers: cleared }];
    return ([] as XdpOp[]).concat(...Object.values({ ...this.#writes, clear }));
  }
}
