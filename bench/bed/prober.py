"""Asks an address for an ICMP echo on a grid of absolute times until standard input closes.

Arguments: the address, the pace in microseconds. It says "ready", and at the end one line of JSON with, for each
probe, when it was sent, when it was answered (0 for never), and how late it was sent, and when answers came that
were not the first of their probe. All in microseconds; times are CLOCK_MONOTONIC.
"""
import json
import os
import select
import socket
import struct
import sys
import time

from arrival import SO_TIMESTAMPNS, arrival

ICMP_FILTER = 1  # linux/icmp.h; its level is SOL_RAW, 255
ECHO_REPLY = 0
# How long answers to the last probes are waited for.
DRAIN = 0.2


def now():
    return time.monotonic_ns() // 1000


def echo_request(identifier, sequence):
    total = 0x0800 + identifier + sequence
    total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!BBHHH", 8, 0, ~total & 0xFFFF, identifier, sequence)


def main():
    address, pace = sys.argv[1], int(sys.argv[2])
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))
    except PermissionError:
        pass  # Then its lateness, which is reported, says what that costs.
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sock.setsockopt(255, ICMP_FILTER, struct.pack("I", ~(1 << ECHO_REPLY) & 0xFFFFFFFF))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.connect((address, 0))
    sock.setblocking(False)
    identifier = os.getpid() & 0xFFFF
    sent, answered, late, duplicates = [], [], [], []
    print("ready", flush=True)
    due = now() + pace
    end = None
    while end is None or now() < end:
        wait = max(0, (due if end is None else end) - now()) / 1e6
        ready, _, _ = select.select([sock, sys.stdin] if end is None else [sock], [], [], wait)
        if sys.stdin in ready:
            end = now() + int(DRAIN * 1e6)
        if sock in ready:
            while True:
                try:
                    packet, control, _, _ = sock.recvmsg(2048, 64)
                except BlockingIOError:
                    break
                except OSError:
                    continue  # What the network says of an earlier probe: that one stays unanswered.
                at = arrival(control)
                offset = (packet[0] & 15) * 4
                _, _, _, theirs, sequence = struct.unpack_from("!BBHHH", packet, offset)
                if theirs != identifier or not sent:
                    continue
                # The newest probe of this number; numbers come again after 65536 probes.
                index = len(sent) - 1 - ((len(sent) - 1 - sequence) & 0xFFFF)
                if index < 0:
                    continue
                if answered[index] == 0:
                    answered[index] = at
                else:
                    duplicates.append(at)
        at = now()
        if end is None and at >= due:
            late.append(at - due)
            sent.append(at)
            answered.append(0)
            try:
                sock.send(echo_request(identifier, (len(sent) - 1) & 0xFFFF))
            except OSError:
                pass  # No way to the address now: unanswered, as a client sees it.
            due += pace * (1 + (at - due) // pace)
    print(json.dumps({"sent": sent, "answered": answered, "late": late, "duplicates": duplicates}), flush=True)


main()
