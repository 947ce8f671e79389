import { TICK_SHIFT } from './layout.ts';

const TICK = 2 ** TICK_SHIFT / 1e9;

/** Whole ticks that take at least as long. */
export const secondsToTicks = (seconds: number): number => Math.ceil(seconds / TICK);

/** Whole seconds that have passed after as many ticks. */
export const ticksToSeconds = (ticks: number): number => Math.floor(ticks * TICK);
