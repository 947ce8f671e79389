import { noRefusals, type Refusal, type VrrpCounters } from '../model/counters.ts';

export type RunningCounters = { -readonly [K in keyof VrrpCounters]: VrrpCounters[K] } & {
  refused: Record<Refusal, number>;
};

export const newCounters = (): RunningCounters => ({
  advertsSent: 0,
  advertsReceived: 0,
  priorityZeroSent: 0,
  priorityZeroReceived: 0,
  becameMaster: 0,
  releasedMaster: 0,
  garpsSent: 0,
  nasSent: 0,
  addressListMismatches: 0,
  intervalMismatches: 0,
  refused: noRefusals(),
});
