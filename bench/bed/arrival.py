"""When a packet came to this host, which may be long before it was read: the kernel's note, on our clock."""
import struct
import time

SO_TIMESTAMPNS = 35  # asm-generic/socket.h; also the type of its control message.


def arrival(control):
    """CLOCK_MONOTONIC in microseconds, from what recvmsg gives beside the packet."""
    for _, kind, data in control:
        if kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data)
            waited = time.time_ns() - (seconds * 10**9 + nanoseconds)
            return (time.monotonic_ns() - waited) // 1000
    raise RuntimeError("a packet without a timestamp")
