"""A client that sends requests at a constant rate, whatever becomes of the ones before: as many users do who know nothing
of each other. Times count from the moment at which a request was due, so that a slow server cannot hide behind a client
that waits for it.

One thread, raw sockets and epoll, so that the client takes little of the cores that the server needs.
"""

import dataclasses
import select
import socket
import time


@dataclasses.dataclass
class Answer:
    """What came of one request."""

    status: int
    #: From the moment at which the request was due.
    seconds: float
    #: When it came, from the beginning of the run.
    time: float
    retry_after: int | None


class Connection:
    """A connection with at most one request on it."""

    def __init__(self, address):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(address)
        self.socket.setblocking(False)
        self.rest = memoryview(b"")
        self.received = bytearray()
        self.due = 0.0
        self.closes = False

    def send(self, request, due):
        self.rest, self.due = memoryview(request), due
        self.received.clear()

    def write(self):
        """Whether everything is sent."""
        try:
            while self.rest:
                self.rest = self.rest[self.socket.send(self.rest) :]
        except BlockingIOError:
            return False
        return True

    def read(self):
        """The complete head of an answer whose body is complete; None before that.

        Raises ConnectionError when the server has closed the connection.
        """
        try:
            while True:
                piece = self.socket.recv(65536)
                if not piece:
                    raise ConnectionError("closed by the server")
                self.received += piece
                if len(piece) < 65536:
                    break
        except BlockingIOError:
            pass
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self.received[:end].decode("latin-1").lower()
        length = field(head, "content-length")
        if len(self.received) < end + 4 + int(length or 0):
            return None
        self.closes = field(head, "connection") == "close"
        return head


def field(head, name):
    """The value of a field in a head in lower case."""
    start = head.find(f"\r\n{name}:")
    if start < 0:
        return None
    start += len(name) + 3
    end = head.find("\r\n", start)
    return head[start : end if end >= 0 else None].strip()


def run(address, requests, rate, seconds, closed_connections=None):
    """Sends the requests in turn, `rate` a second, and returns the answers and how many connections failed.

    With `closed_connections`, so many connections send one request after the other instead, as fast as they are
    answered.
    """
    poll = select.epoll()
    by_descriptor, idle, answers, failures, turn = {}, [], [], 0, 0
    begin = time.monotonic()
    end = begin + seconds

    def dispatch(due):
        nonlocal turn
        connection = idle.pop() if idle else Connection(address)
        descriptor = connection.socket.fileno()
        if descriptor not in by_descriptor:
            by_descriptor[descriptor] = connection
            poll.register(descriptor, select.EPOLLIN)
        connection.send(requests[turn % len(requests)], due)
        turn += 1
        if not connection.write():
            poll.modify(descriptor, select.EPOLLIN | select.EPOLLOUT)

    def drop(connection):
        poll.unregister(connection.socket.fileno())
        del by_descriptor[connection.socket.fileno()]
        connection.socket.close()

    def answered(connection, head):
        now, retry_after = time.monotonic(), field(head, "retry-after")
        status = int(head.split(" ", 2)[1])
        answers.append(Answer(status, now - connection.due, now - begin, int(retry_after) if retry_after else None))
        if connection.closes:
            drop(connection)
        else:
            idle.append(connection)
        if closed_connections and time.monotonic() < end:
            dispatch(time.monotonic())

    for _ in range(closed_connections or 0):
        dispatch(begin)
    while True:
        now = time.monotonic()
        if closed_connections is None:
            while now < end and begin + turn / rate <= now:
                dispatch(begin + turn / rate)
            wait = max(0.0, begin + turn / rate - now) if now < end else 0.1
        else:
            wait = 0.1
        open_requests = len(by_descriptor) - len(idle)
        if now >= end and (open_requests == 0 or now > end + 30):
            break
        for descriptor, events in poll.poll(wait):
            connection = by_descriptor[descriptor]
            try:
                if events & select.EPOLLOUT and connection.write():
                    poll.modify(descriptor, select.EPOLLIN)
                if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                    if head := connection.read():
                        answered(connection, head)
            except OSError:
                failures += connection not in idle
                if connection in idle:
                    idle.remove(connection)
                drop(connection)
    failures += len(by_descriptor) - len(idle)
    for connection in list(by_descriptor.values()):
        drop(connection)
    return answers, failures
