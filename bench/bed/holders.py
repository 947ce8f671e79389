"""Says how many of some addresses this host holds, whenever that changes, until standard input closes.

Arguments: the pace in microseconds, the addresses. An address is held if a UDP socket can be bound to it. Each line
is a time (CLOCK_MONOTONIC, microseconds) and the number.
"""
import os
import select
import socket
import sys
import time


def held(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((address, 0))
            return True
        except OSError:
            return False


def main():
    pace, addresses = int(sys.argv[1]) / 1e6, sys.argv[2:]
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except PermissionError:
        pass  # Then it looks less often on a busy machine.
    before = -1
    while True:
        count = sum(map(held, addresses))
        if count != before:
            print(time.monotonic_ns() // 1000, count, flush=True)
            before = count
        ready, _, _ = select.select([sys.stdin], [], [], pace)
        if ready:
            return


main()
