"""Judging what somebody else wrote: what counts against it, and what is not its fault."""

import json

import pytest

from git_jit import __version__
from git_jit.clock import DAY_MS
from git_jit.config import Config
from git_jit.model import IssueId, Oid
from git_jit.ops.incoming import MAX_MESSAGE, commit_objections, objections
from git_jit.ops.standing import SOUND, errors_at
from git_jit.paths import issue_path
from git_jit.store.memory import MemoryStore
from git_jit.view import Plan
from tests.store.making import issue, message

NOW = 1_763_683_200_000
HEAD = b"tree %s\nauthor Ada <a@b> 1 +0000\ncommitter Ada <a@b> 1 +0000\n\n" % (b"f" * 40)
OID = Oid("c0ffee" * 6 + "abcd")


def said(body: bytes, head: bytes = HEAD) -> list[str]:
    return [f"{each.subject} {each.message}" for each in commit_objections(OID, head + body, NOW)]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"close: 3f9c2a1 A\n\nJit-Op: close\nJit-Clock: %d.0.abc\n" % (NOW + DAY_MS), []),
        (b"by hand\n", []),
        (b"", []),
        (b"All (#7)\n\n* One\n\nJit-Op: close\n\n* Two\n\nJit-Op: close\n", []),
        (b"x\n\nJit-Op: close\nJit-Op: open\n", ["says 'Jit-Op' 2 times"]),
        (b"x\n\nJit-Clock: soon\n", ["has a 'Jit-Clock' that is none"]),
        (b"x\n\nJit-Clock: %d.0.abc\n" % (NOW + 3 * DAY_MS), ["is 3 days ahead of time"]),
        (b"x\x1b[31m\n", ["has control characters in its message"]),
        (b"x" * (MAX_MESSAGE + 1), [f"has a message of {MAX_MESSAGE + 1} bytes; the limit is 64 KiB"]),
    ],
)
def test_a_commit_by_itself(body: bytes, found: list[str]) -> None:
    assert said(body) == [f"commit c0ffeec0ff {each}" for each in found]


def test_a_header_that_acts() -> None:
    assert said(b"x\n", HEAD.replace(b"Ada", b"\x07")) == ["commit c0ffeec0ff has control characters in its header"]


def laid(*plans: Plan) -> tuple[MemoryStore, list[Oid]]:
    store = MemoryStore()
    tips = [store.commit(Plan(config=Config()), base=None, message=message())]
    for number, plan in enumerate(plans):
        tips.append(store.commit(plan, base=tips[-1], message=message(second=number + 1)))
    return store, tips


A, B = IssueId("a" * 32), IssueId("b" * 32)


def test_only_what_is_new_counts() -> None:
    lost = IssueId("f" * 32)
    store, (_, sound, broken, worse) = laid(
        Plan(issues={A: issue(id=A), B: issue(id=B)}),
        Plan(issues={A: issue(id=A, dependencies=(lost,))}),
        Plan(issues={B: issue(id=B, dependencies=(lost,))}),
    )
    assert objections(store, None, sound) == []
    assert [(o.subject, o.code) for o in objections(store, sound, broken)] == [("aaaaaaa", "dependency_missing")]
    assert [(o.subject, o.code) for o in objections(store, broken, worse)] == [("bbbbbbb", "dependency_missing")]
    assert objections(store, worse, worse) == []
    assert [o.subject for o in objections(store, None, worse)] == ["aaaaaaa", "bbbbbbb"]


def test_other_spelling_is_reason_enough_for_who_writes_and_not_for_who_commits_code() -> None:
    store, (_, sound) = laid(Plan(issues={A: issue(id=A)}))
    data = store.blob_at(sound, issue_path(A)) or b""
    other = store.commit(
        Plan(raw={issue_path(A): json.dumps(json.loads(data)).encode()}), base=sound, message=message(second=9)
    )
    assert [o.code for o in objections(store, sound, other)] == ["not_canonical"]
    assert errors_at(store, other) == ()


def test_what_is_sound_is_remembered_by_commit_and_version() -> None:
    store, (_, sound, broken) = laid(
        Plan(issues={A: issue(id=A)}), Plan(issues={A: issue(id=A, dependencies=(IssueId("f" * 32),))})
    )
    assert [o.code for o in errors_at(store, broken)] == ["dependency_missing"]
    assert store.recall(SOUND) is None
    assert errors_at(store, sound) == ()
    note = store.recall(SOUND)
    assert note is not None
    assert note.decode() == f"{__version__} {sound}\n"
    assert [o.code for o in errors_at(store, broken)] == ["dependency_missing"], "the note is about another commit"
