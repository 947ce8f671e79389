/** CLOCK_MONOTONIC in microseconds: the same clock as that of the small programs in this directory. */
export const now = (): number => Number(process.hrtime.bigint() / 1000n);
