"""What a message says about issues."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.model import Oid
from git_jit.ops.trailers import mentions, reason_of
from git_jit.store.codelog import CodeCommit


def said(message: str, comment: str = "") -> list[str]:
    return [mention.trailer for mention in mentions(message, comment=comment)]


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("work\n\nCloses-Jit: 3f9c2a1\n", ["Closes-Jit: 3f9c2a1"]),
        ("work\n\nJit: 3f9c2a1, 77ab 88cd\n", ["Jit: 3f9c2a1", "Jit: 77ab", "Jit: 88cd"]),
        ("work\n\ncloses-jit:3f9c2a1\nJIT: 3F9C\n", ["Closes-Jit: 3f9c2a1", "Jit: 3F9C"]),
        ("work\n\nJit: 3f9c2a1\nCloses-Jit: 3f9c2a1\n", ["Closes-Jit: 3f9c2a1"]),
        ("work\n\nSigned-off-by: Ada\nJit: 3f9c2a1\n and: more\n", ["Jit: 3f9c2a1"]),
        ("work\r\n\r\nJit: 3f9c2a1\r\n", ["Jit: 3f9c2a1"]),
        ("work\n\nCloses-Jit: 3f9c2a1 # the parser\n", ["Closes-Jit: 3f9c2a1"]),
        ("All (#7)\n\n* One\n\nCloses-Jit: 3f9c\n\n* Two\n\nJit: 77ab\n", ["Closes-Jit: 3f9c", "Jit: 77ab"]),
        ("Closes-Jit: 3f9c2a1\n", ["Closes-Jit: 3f9c2a1"]),
        ("jit: 3f9c2a1 is a subject\n", []),
        ("work\n\nJit: begins a sentence\nof the text.\n", []),
        ("work\n\nsee Closes-Jit: 3f9c\n", []),
        ("work\n\nCloses-Jitter: 3f9c\n", []),
        ("", []),
    ],
)
def test_lines_that_name_issues_are_told_from_text(message: str, found: list[str]) -> None:
    assert said(message) == found


def test_remarks_for_the_writer_are_no_part_of_the_message() -> None:
    text = "work\n\n# Closes-Jit: 1111\nJit: 2222\n# ------------------------ >8 ------------------------\nJit: 3333\n"
    assert said(text, "#") == ["Jit: 2222"]
    assert said("work\n\n;Jit: 1111\nJit: 2222\n", ";") == ["Jit: 2222"]


@given(st.text())
def test_any_text_is_read(message: str) -> None:
    for mention in mentions(message, comment="#"):
        assert mention.text in message.replace("\r\n", "\n")
        assert mention.text.split() == [mention.text]


@given(st.lists(st.text("0123456789abcdef", min_size=4, max_size=32), min_size=1, unique=True))
def test_what_is_written_is_read(ids: list[str]) -> None:
    assert [m.text for m in mentions("work\n\n" + "".join(f"Closes-Jit: {id}\n" for id in ids))] == ids


def test_a_reason_is_one_short_line() -> None:
    commit = CodeCommit(Oid("4f" * 20), f"A\tsubject \x1b[31m {'long ' * 40}\n\nbody")
    reason = reason_of(commit)
    assert reason.startswith("closed by commit 4f4f4f4f4f4f: A subject [31m long")
    assert reason.isprintable()
    assert len(reason) < 100
