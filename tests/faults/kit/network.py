"""A network that loses things: a proxy between a client and a web server that takes one request on each connection.

Connections meet a fate each, by a plan or by a seed: the request or the answer is cut, held back, or never arrives. The
worst are those after which the server has done what it was asked to, and the client cannot know.
"""

import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from random import Random
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Lock, Thread
from typing import Final
from urllib.parse import urlsplit

HELD_S: Final = 0.2
"""How long something is held back: longer than another client needs to get through."""


class Fate(StrEnum):
    """What becomes of one connection."""

    REFUSED = "refused"
    """It ends before anything got through."""
    REQUEST_CUT = "request cut"
    """The server gets half of the request."""
    REQUEST_LATE = "request late"
    """The connection ends, and the server gets the whole request all the same, when nobody waits for it any more."""
    SWALLOWED = "answer swallowed"
    """The server has done it, and the connection ends without a word."""
    ANSWER_CUT = "answer cut"
    """The client gets half of the answer."""
    SILENT = "silent"
    """The server has done it, and the client waits until it has had enough."""
    SLOW = "slow"
    """Nothing is lost."""


def chances(share: float, seed: int) -> Iterator[Fate | None]:
    """For ever: a fate at random for `share` of the connections."""
    chance = Random(seed)
    while True:
        yield chance.choice([*Fate]) if chance.random() < share else None


class Proxy(ThreadingTCPServer):
    """Stands before the web server at `server`. Connections meet `fates` in the order of their requests; when those are
    used up, none.
    """

    request_queue_size = 128  # a connection that the kernel drops would be a fate that nobody drew
    daemon_threads = True

    def __init__(self, server: str, fates: Iterable[Fate | None]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        found = urlsplit(server)
        self.host = found.hostname or "", found.port or 80
        self.met: Counter[Fate] = Counter()
        self._fates, self._lock = iter(fates), Lock()

    def draw(self) -> Fate | None:
        """What this connection meets."""
        with self._lock:
            fate = next(self._fates, None)
            self.met.update([fate] if fate else [])
            return fate

    def ask(self, request: bytes) -> bytes:
        """What the server answers to it."""
        with socket.create_connection(self.host) as connection, connection.makefile("rb") as answer:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return answer.read()


class _Connection(StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        with suppress(OSError):  # the client has had enough, or the server breaks off what makes no sense
            self.pass_on(self.hear(), self.server.draw())

    def hear(self) -> bytes:
        """The whole request."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                raise ConnectionAbortedError
            head += line
        fields = dict(line.lower().split(b":", 1) for line in head.splitlines()[1:] if line)
        return head + self.rfile.read(int(fields.get(b"content-length", b"0")))

    def pass_on(self, request: bytes, fate: Fate | None) -> None:
        if fate is Fate.REFUSED:
            return
        if fate is Fate.REQUEST_CUT:
            request = request[: len(request) // 2]
        if fate is Fate.REQUEST_LATE:
            self.connection.shutdown(socket.SHUT_RDWR)
        if fate in {Fate.REQUEST_LATE, Fate.SLOW}:
            time.sleep(HELD_S)
        answer = self.server.ask(request)
        if fate is Fate.SILENT:
            self.rfile.read()  # ends when the client goes
        elif fate is Fate.ANSWER_CUT:
            self.wfile.write(answer[: len(answer) // 2])
        elif fate in {None, Fate.SLOW}:
            self.wfile.write(answer)


@contextmanager
def lossy(server: str, fates: Iterable[Fate | None]) -> Iterator[tuple[str, Counter[Fate]]]:
    """The address of such a proxy, and how often each fate was met so far."""
    with Proxy(server, fates) as proxy:
        thread = Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_address[1]}", proxy.met
        finally:
            proxy.shutdown()
            thread.join()
