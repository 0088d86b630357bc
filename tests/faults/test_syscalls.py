"""Whole processes with a failing system call, or killed at it; `python -m tests.faults.syscalls --all` has them all."""

from argparse import Namespace
from collections.abc import Iterator

import pytest

from tests.faults.kit import strace
from tests.faults.kit.commands import every, workshop
from tests.faults.kit.judge import UNKNOWN
from tests.faults.kit.strace import Call, Injection, Struck
from tests.faults.syscalls import KILL, Bench, _done, injections, points, rotating, run

pytestmark = pytest.mark.skipif(not strace.available(), reason="there is no strace that may trace")

STRIDE = 19
"""One of so many cases."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with workshop() as shop:
        yield Bench(shop)


@pytest.mark.parametrize("name", ["create", "issue create-many of a pack", "init"])
def test_no_failing_system_call_is_silent_and_no_death_loses_anything(name: str, bench: Bench) -> None:
    """A write by ourselves, one in which git stores a pack, and one that changes git's configuration."""
    before = bench.report.runs
    run(bench, [name], Namespace(every=False, errno=None, turn=0, stride=STRIDE, jobs=2))
    assert bench.report.found == []
    assert bench.report.runs > before + 3


@pytest.mark.parametrize(
    "injection",
    [Injection("link", 1, KILL), Injection("link", 1, "EIO"), Injection("rename", 1, KILL, inside_git=True)],
    ids=str,
)
def test_what_is_injected_hits(injection: Injection, bench: Bench) -> None:
    """A tool that never strikes would find nothing for ever."""
    command = every()["init" if injection.inside_git else "create"]
    with bench.shop.case(command.start) as place:
        environ = strace.environment(place.environ, bench.program)
        struck = strace.strike(injection, [*command.words, "--json"], place.path, environ)
    assert len(struck.hit) == 1
    assert (struck.status < 0) is (injection == ("link", 1, KILL, False, False))


def test_the_points_are_what_changes_files_of_the_repository() -> None:
    lines = (
        r'1.0 openat(AT_FDCWD</r>, "\x61", O_WRONLY|O_CREAT, 0666) = 3</r/a>',
        r'1.1 write(3</r/a>, "\x78", 1) = 1',
        r"1.2 close(3</r/a>) = 0",
        r'1.3 openat(AT_FDCWD</r>, "\x61", O_RDONLY) = 3</r/a>',
        r"1.4 close(3</r/a>) = 0",
        r'1.5 write(1</dev/null>, "\x78", 1) = 1',
        r'1.6 rename("\x61", "\x62") = 0',
    )
    calls: list[Call] = list(strace.parse("\n".join(lines), 7, "/r"))
    found = points(calls, "/r")
    assert found == [("openat", 1, False), ("write", 1, False), ("close", 1, False), ("rename", 1, False)]
    assert [str(one) for one in injections(found[:1], ["EIO", KILL], "both")] == [
        "EIO at openat 1",
        "EIO at openat 1 and on",
        "KILL at openat 1",
    ]
    assert [one.error for one in rotating(found, 0)] == ["ENOSPC", KILL, "EIO", "EACCES", "EMFILE"]


def test_who_dies_or_cannot_speak_has_said_nothing() -> None:
    silent = Struck(128, b"", b"fatal: no", ("hit",))
    assert _done(silent, Injection("write", 1, "EIO", for_ever=True)).status == UNKNOWN
    assert _done(silent, Injection("fsync", 1, "EIO", for_ever=True)).status == 128
    assert _done(Struck(-9, b"", b"", ("hit",)), Injection("fsync", 1, KILL)).status == UNKNOWN
