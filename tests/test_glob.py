"""Patterns of `*` and `?`: their meaning, and how much work they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.glob import Pattern, compiled

PIECES = st.lists(st.one_of(st.text("ab.", min_size=1, max_size=3), st.sampled_from([None, 1])), max_size=7).map(tuple)


@given(PIECES, st.text("ab.", max_size=9))
def test_a_pattern_means_what_the_regular_expression_says(pattern: Pattern, text: str) -> None:
    pieces = [".*" if piece is None else "." if isinstance(piece, int) else re.escape(piece) for piece in pattern]
    assert compiled(pattern)(text) is (re.fullmatch("".join(pieces), text) is not None)


@pytest.mark.parametrize(
    ("pattern", "text", "answer"),
    [
        ((), "", True),
        ((None,), "", True),
        ((None, None), "x\ny", True),
        ((1, None, 1), "a", False),
        ((1, None, 1), "漢é", True),
        (("ab", None, "ba"), "aba", False),
        (("ab", None, "ba"), "abba", True),
        ((None, "ab", 1, None, "ab"), "abab", False),
        ((None, "ab", 1, None, "ab"), "abcab", True),
        ((None, "a", 1, "c", None), "aacabbabc", True),
        (("[ab]",), "a", False),
    ],
)
def test_some_patterns(pattern: Pattern, text: str, answer: bool) -> None:
    assert compiled(pattern)(text) is answer


class Watched(str):
    """A text that counts how often somebody looks for something in it."""

    __slots__ = ("looks",)
    looks: int

    def find(self, *where: object) -> int:
        self.looks += 1
        return super().find(*where)  # type: ignore[arg-type]

    def startswith(self, *where: object) -> bool:
        self.looks += 1
        return super().startswith(*where)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "most"),
    [
        ((None, "a") * 5 + ("b",), 2),
        ((None, "a") * 5 + (None, "b", None), 11),
        ((None, "a") * 300 + (None, "b", None), 401),
        ((None, "a", 1, "b") * 5 + (None,), 601),
        ((None, 1, "ab", 1, "b") * 5 + (None,), 600),
    ],
)
def test_the_work_does_not_multiply_with_the_stars(pattern: Pattern, most: int) -> None:
    text = Watched("a" * 200)
    text.looks = 0
    assert not compiled(pattern)(text)
    assert text.looks <= most
