"""Says when one processor stood still, until standard input closes.

Arguments: the processor, the least time in microseconds. It sleeps for a millisecond again and again, before everything
else on that processor: whoever wakes late then was kept from running by the machine below. The first line is "ready",
each other one the time of the late waking (CLOCK_MONOTONIC, microseconds) and how late it was.
"""
import os
import select
import sys
import time

PACE = 0.001


def main():
    processor, least = int(sys.argv[1]), int(sys.argv[2])
    os.sched_setaffinity(0, {processor})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(90))
    print("ready", flush=True)
    stdin = [sys.stdin]
    while True:
        began = time.monotonic_ns()
        ready, _, _ = select.select(stdin, [], [], PACE)
        if ready:
            return
        now = time.monotonic_ns()
        late = (now - began) // 1000 - int(PACE * 1e6)
        if late >= least:
            print(now // 1000, late, flush=True)


main()
