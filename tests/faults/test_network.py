"""The network that loses things, itself: each fate, and what of it reaches either side."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from queue import Empty, Queue
from threading import Thread
from urllib.parse import urlsplit

import pytest

from tests.faults.kit.network import Fate, chances, lossy

SAID = b"push"
ANSWER = b"pushed " * 100
PATIENCE_S = 0.3
"""Of the client. The server may hear of it later."""


@contextmanager
def server() -> Iterator[tuple[str, "Queue[bytes]"]]:
    """A web server, and what it was told to do."""
    heard: Queue[bytes] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if body == SAID:
                heard.put(body)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(ANSWER)

        def log_message(self, *_: object) -> None:
            """Nothing of it is of interest."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        thread = Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{found.server_port}", heard
        finally:
            found.shutdown()
            thread.join()


def post(address: str) -> bytes:
    """What the client hears, to the end of the connection or of its patience."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE_S)
    with suppress(OSError, HTTPException):
        connection.request("POST", "/", SAID)
        return connection.getresponse().read()
    connection.close()
    return b""


@pytest.mark.parametrize(
    ("fate", "is_done", "is_heard"),
    [
        (Fate.REFUSED, False, False),
        (Fate.REQUEST_CUT, False, False),
        (Fate.REQUEST_LATE, True, False),
        (Fate.SWALLOWED, True, False),
        (Fate.ANSWER_CUT, True, None),
        (Fate.SILENT, True, False),
        (Fate.SLOW, True, True),
    ],
)
def test_what_a_fate_lets_through(fate: Fate, *, is_done: bool, is_heard: bool | None) -> None:
    with server() as (host, heard):
        with lossy(host, [fate]) as (address, met):
            said = post(address)
            if is_done:
                assert heard.get(timeout=5) == SAID
        assert met == {fate: 1}
    with pytest.raises(Empty):
        heard.get_nowait()
    assert 0 < len(said) < len(ANSWER) if is_heard is None else said == (ANSWER if is_heard else b"")


def test_no_fate_is_none() -> None:
    with server() as (host, heard), lossy(host, chances(0.0, 1)) as (address, met):
        assert [post(address) for _ in range(3)] == [ANSWER] * 3
    assert (heard.qsize(), met) == (3, {})


def test_a_plan_that_is_over_harms_nobody_any_more() -> None:
    with server() as (host, _), lossy(host, [None, Fate.REFUSED]) as (address, met):
        assert [bool(post(address)) for _ in range(4)] == [True, False, True, True]
    assert met == {Fate.REFUSED: 1}


def test_chances_are_those_of_the_seed() -> None:
    def first(seed: int, share: float = 0.5) -> list[Fate | None]:
        return [*islice(chances(share, seed), 200)]

    assert first(1) == first(1) != first(2)
    assert {*first(1)} == {None, *Fate}
    assert 80 < sum(fate is None for fate in first(1)) < 120
    assert None not in first(1, share=1.0)
