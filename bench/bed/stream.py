"""A stream of numbers over one TCP connection, and the server that gives them back.

answer PORT: gives everything back until it is ended; says "ready". ask ADDRESS PORT PACE: sends a number every PACE
microseconds until standard input closes, and says "ready", and at the end what prober.py says, of numbers. A connection that
breaks is made anew, and what was on its way in it stays unanswered.
"""
import errno
import json
import os
import select
import socket
import struct
import sys
import time

NUMBER = struct.Struct("!I")
DRAIN = 2.0


def now():
    return time.monotonic_ns() // 1000


def hurry():
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))
    except PermissionError:
        pass  # Then the client's lateness says what that costs.


def answer(port):
    hurry()
    with socket.create_server(("", port), backlog=64) as listener:
        listener.setblocking(False)
        poll = select.poll()
        open_ = {listener.fileno(): listener}
        poll.register(listener, select.POLLIN)
        print("ready", flush=True)
        while True:
            for fd, _ in poll.poll():
                if fd == listener.fileno():
                    sock = listener.accept()[0]
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    open_[sock.fileno()] = sock
                    poll.register(sock, select.POLLIN)
                    continue
                try:
                    data = open_[fd].recv(65536)
                    if data:
                        open_[fd].sendall(data)
                        continue
                except OSError:
                    pass  # Its client is gone.
                poll.unregister(fd)
                open_.pop(fd).close()


class Stream:
    def __init__(self, address, port):
        self.to = (address, port)
        self.sent, self.answered, self.late = [], [], []
        self.connect()

    def connect(self):
        self.sock = socket.socket()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.sock.connect_ex(self.to)
        self.rest = b""

    def send(self, late):
        self.late.append(late)
        self.sent.append(now())
        self.answered.append(0)
        try:
            self.sock.send(NUMBER.pack(len(self.sent) - 1))
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ENOTCONN):
                self.connect()

    def receive(self):
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.sock.close()
            self.connect()
            return
        at = now()
        self.rest += data
        whole = len(self.rest) // NUMBER.size * NUMBER.size
        for (number,) in NUMBER.iter_unpack(self.rest[:whole]):
            self.answered[number] = at
        self.rest = self.rest[whole:]


def ask(address, port, pace):
    hurry()
    stream = Stream(address, port)
    print("ready", flush=True)
    due = now() + pace
    end = None
    while end is None or (now() < end and 0 in stream.answered):
        wait = max(0, (due if end is None else end) - now()) / 1e6
        ready, _, _ = select.select([stream.sock, sys.stdin] if end is None else [stream.sock], [], [], wait)
        if sys.stdin in ready:
            end = now() + int(DRAIN * 1e6)
        if stream.sock in ready:
            stream.receive()
        at = now()
        if end is None and at >= due:
            stream.send(at - due)
            due += pace * (1 + (at - due) // pace)
    said = {"sent": stream.sent, "answered": stream.answered, "late": stream.late, "duplicates": []}
    print(json.dumps(said), flush=True)


if sys.argv[1] == "answer":
    answer(int(sys.argv[2]))
else:
    ask(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
