import { FLOW_STATES } from './layout.ts';
import { nameOf } from './names.ts';

/** The word of an entry of `flows`. */
export interface XdpFlowWord {
  /** Its slot. */
  readonly server: number;
  readonly state: keyof typeof FLOW_STATES;
  /** Ticks of the clock of flows. */
  readonly expires: number;
}

export const decodeFlowWord = (word: bigint): XdpFlowWord => ({
  server: Number(word & 0xff_ffffn),
  state: nameOf(FLOW_STATES, Number((word >> 24n) & 0xffn)),
  expires: Number(word >> 32n),
});
