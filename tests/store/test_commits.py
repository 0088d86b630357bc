"""Commits: what is written is read again, whatever people type; what others wrote does no harm."""

import contextlib
import datetime as dt
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.clock import Clock
from git_jit.model import Actor, Commit, Message, Oid, Timestamp
from git_jit.store import CorruptObject, commits, tree
from git_jit.store.backend import Kind, Object

AT = Timestamp("2026-11-21T09:00:00.123456Z")
TREE = Oid("4b825dc642cb6eb9a060e54bf8d69288fbee4904")
PARENT = Oid("1" * 40)
ADA = "Ada Lovelace <ada@example.org>"


def message(**fields: object) -> Message:
    known: dict[str, object] = {"op": "update", "subject": "s", "actor": Actor("human:ada"), "request": "R1", "at": AT}
    return Message(**(known | fields))  # type: ignore[arg-type]


def written(message: Message, parents: tuple[Oid, ...] = (PARENT,)) -> Object:
    data = commits.encode(
        tree=TREE, parents=parents, author=ADA, committer=ADA, message=message, clock=Clock(1, 2, "a1b2c3")
    )
    return tree.make(Kind.COMMIT, data, "sha1")


def foreign(data: bytes) -> Commit:
    return commits.parse(Object(Oid("2" * 40), Kind.COMMIT, data))


def test_the_whole_commit_as_git_log_shows_it() -> None:
    made = written(
        message(subject="bulk-update: 4 issues", filter="label:a:b", reason="why\nnot", trailers={"Jit-Undoes": "x"})
    )
    assert made.data.decode() == (
        f"tree {TREE}\nparent {PARENT}\n"
        "author Ada Lovelace <ada@example.org> 1795251600 +0000\n"
        "committer Ada Lovelace <ada@example.org> 1795251600 +0000\n"
        "\nbulk-update: 4 issues\n\n"
        "Jit-Op: update\nJit-Actor: human:ada\nJit-Clock: 1.2.a1b2c3\nJit-Request: R1\n"
        "Jit-Filter: label:a:b\nJit-Reason: why not\nJit-Undoes: x\n"
    )


def test_git_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run(["git", "-C", str(tmp_path), "hash-object", "-w", "-t", "tree", "/dev/null"], check=True)
    done = subprocess.run(
        ["git", "-C", str(tmp_path), "hash-object", "-w", "-t", "commit", "--stdin"],
        input=written(message(), parents=()).data,
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().strip() == written(message(), parents=()).oid
    subprocess.run(["git", "-C", str(tmp_path), "fsck", "--strict", "--no-dangling"], check=True)


anything = st.text(st.characters(exclude_categories=()), max_size=60)


@given(anything, anything, anything)
def test_no_text_can_pass_for_another_trailer(subject: str, filter: str, reason: str) -> None:
    made = commits.parse(written(message(subject=subject, filter=filter, reason=reason)))
    expected = {"Jit-Op": "update", "Jit-Actor": "human:ada", "Jit-Clock": "1.2.a1b2c3", "Jit-Request": "R1"}
    for name, text in (("Jit-Filter", filter), ("Jit-Reason", reason)):
        if cleaned := commits.one_line(text):
            expected[name] = cleaned.encode("utf-8", "replace").decode()
    assert made.trailers == expected
    assert made.subject == (commits.one_line(subject) or "update").encode("utf-8", "replace").decode()
    assert (made.tree, made.parents, made.author, made.time) == (TREE, (PARENT,), ADA, 1795251600)


@given(anything)
def test_one_line_is_one_printable_line(text: str) -> None:
    line = commits.one_line(text, 20)
    assert line.isprintable()
    assert len(line) <= 20
    assert commits.one_line(line, 20) == line


@pytest.mark.parametrize("name", ["Jit-Op", "", "a b", "x:", "-", "é", "Jit\nOp"])
def test_extra_trailers_have_names_of_their_own(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of an extra trailer"):
        written(message(trailers={name: "x"}))


@pytest.mark.parametrize(
    ("body", "subject", "trailers"),
    [
        ("", "", {}),
        ("\n\n  \n", "", {}),
        ("one\ntwo\n\nbody", "one two", {}),
        ("Jit-Op: not a trailer", "Jit-Op: not a trailer", {}),
        ("s\n\nJit-Op: in the middle\n\nend\n", "s", {}),
        ("s\n\nnoise\nJit-Op: a\n  b\nJit-Op: forged\nClosesJit:c\n", "s", {"Jit-Op": "a b", "ClosesJit": "c"}),
        ("s\n\n continued from nothing\nA: b", "s", {"A": "b"}),
        ("\x1b[31mred\n\nA: \x07b", "[31mred", {"A": "b"}),
    ],
)
def test_foreign_messages(body: str, subject: str, trailers: dict[str, str]) -> None:
    made = foreign(f"tree {TREE}\nauthor A <a> 5 +0100\ncommitter B <b> 7 +0100\n\n{body}".encode())
    assert (made.subject, made.trailers, made.author, made.time) == (subject, trailers, "A <a>", 7)


@pytest.mark.parametrize(
    ("headers", "author", "time"),
    [
        ("", "", 0),
        ("author\ncommitter", "", 0),
        ("author A <a> b> 1 +0000\ncommitter C <c> 99999999999999999999 +0000", "A <a> b>", 0),
        ("author no mail\ncommitter C <c> -5 +0000", "no mail", 0),
        ("author A <a> 1 +0000\ngpgsig -----\n author forged\n -----\ncommitter C <c> 9", "A <a>", 9),
        ("author A <a> 1 +0000\nauthor B <b> 2 +0000\ncommitter C <c> x +0000", "A <a>", 0),
    ],
)
def test_foreign_headers(headers: str, author: str, time: int) -> None:
    made = foreign(f"tree {TREE}\n{headers}\n\nsubject\n".encode())
    assert (made.author, made.time, made.subject) == (author, time, "subject")


def test_another_encoding_is_honoured_and_an_unknown_one_survived() -> None:
    assert foreign(f"tree {TREE}\nencoding latin-1\n\n".encode() + b"caf\xe9").subject == "café"
    assert foreign(f"tree {TREE}\nencoding klingon\n\n".encode() + b"caf\xe9").subject == "caf\ufffd"


@given(st.binary(max_size=120))
def test_any_bytes_are_a_commit_or_corrupt(data: bytes) -> None:
    with contextlib.suppress(CorruptObject):
        foreign(data)


def test_what_names_no_tree_is_no_commit() -> None:
    with pytest.raises(CorruptObject, match="is not a commit"):
        foreign(b"author A <a> 1 +0000\n\ntree x\n")


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_times_are_those_of_the_calendar(moment: dt.datetime) -> None:
    text = Timestamp(moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z")
    assert commits.unix_ms(text) == (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("at", "seconds"), [("1969-12-31T23:59:59.000000Z", 0), ("9999-12-31T00:00:00.000000Z", 2**32 - 1)]
)
def test_times_that_git_cannot_carry_are_clamped(at: str, seconds: int) -> None:
    assert commits.parse(written(message(at=Timestamp(at)))).time == seconds


clocks = st.builds(Clock, st.integers(0, 10**14), st.integers(0, 10**8), st.sampled_from(["a1b2c3", "0"]))


@given(clocks)
def test_a_clock_survives_its_text(clock: Clock) -> None:
    assert Clock.parse(str(clock)) == clock


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "1.2.", "x.2.a", "1.-2.a", "1.2.a-b", "²", "1.2.a.b", f"{10**15}.0.a"]
)
def test_what_is_no_clock(text: str) -> None:
    assert Clock.parse(text) is None


@given(st.integers(0, 10**14), st.lists(clocks, max_size=3))
def test_a_clock_is_later_than_every_parent(now: int, parents: list[Clock]) -> None:
    after = commits.tick(now, parents, "a1b2c3")
    assert all((after.ms, after.counter) > (parent.ms, parent.counter) for parent in parents)
    assert after.ms == max([now, *(parent.ms for parent in parents)])


def test_a_commit_without_a_clock_has_its_committers_time() -> None:
    assert commits.clock_of(foreign(f"tree {TREE}\ncommitter C <c> 9 +0000\n\ns".encode())) == Clock(9000, 0, "0")


def test_a_copy_of_the_repository_is_another_node(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, two = commits.node_name(str(tmp_path / "a")), commits.node_name(str(tmp_path / "b"))
    assert one != two
    assert one == commits.node_name(str(tmp_path / "a"))
    assert len(commits.node_name(str(tmp_path / "nowhere"))) == 6
