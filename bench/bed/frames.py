"""Sends or hears Ethernet frames on one interface.

send DEVICE: one line of JSON on standard input, {"frames": [hex], "pace": microseconds, "count": n}; sends n frames,
the given ones in turn, and says how many went out. hear DEVICE arp|vrrp: says "ready", then each frame as the time of its arrival
(CLOCK_MONOTONIC, microseconds) and hex, until standard input closes.
"""
import json
import os
import select
import socket
import sys
import time

from arrival import SO_TIMESTAMPNS, arrival

ETHERTYPES = {"arp": 0x0806, "vrrp": 0x0800}
PROTOCOL_OFFSET = 14 + 9
VRRP = 112


def send(device):
    order = json.loads(sys.stdin.readline())
    frames = [bytes.fromhex(frame) for frame in order["frames"]]
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind((device, 0))
    start = time.monotonic()
    sent = 0
    for n in range(order["count"]):
        wait = start + n * order["pace"] / 1e6 - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        try:
            sock.send(frames[n % len(frames)])
            sent += 1
        except OSError:
            continue  # The queue is full: fewer went out, and the count says so.
    print(sent, flush=True)


def hear(device, kind):
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))
    except PermissionError:
        pass
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPES[kind]))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.bind((device, ETHERTYPES[kind]))
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([sock, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        frame, control, _, _ = sock.recvmsg(4096, 64)
        if kind == "arp" or (len(frame) > PROTOCOL_OFFSET and frame[PROTOCOL_OFFSET] == VRRP):
            print(arrival(control), frame.hex(), flush=True)


if sys.argv[1] == "send":
    send(sys.argv[2])
else:
    hear(sys.argv[2], sys.argv[3])
