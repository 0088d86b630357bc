"""Where lines merge and where they do not."""

import pytest

from git_jit.merge import same
from git_jit.merge.lines import merge_lines


@pytest.mark.parametrize(
    ("base", "one", "other", "merged"),
    [
        ("abc", "Abc", "aBc", "ABc"),  # adjoining lines
        ("abc", "Abc", "Abc", "Abc"),  # the same change
        ("abc", "bc", "ab", "b"),  # two removals
        ("ab", "axb", "aybz", None),  # two insertions at one place
        ("ab", "xab", "Ab", None),  # an insertion that touches a change
        ("ab", "axb", "Ab", None),  # and after it
        ("ab", "abx", "Ab", "Abx"),  # but not one further on
        ("abc", "aXc", "c", None),  # a change in what was removed
        ("", "a", "b", None),
    ],
)
def test_lines(base: str, one: str, other: str, merged: str | None) -> None:
    assert merge_lines([*base], [*one], [*other]) == (None if merged is None else [*merged])


def test_a_text_that_was_written_anew_is_one_change() -> None:
    base = [f"{n}" for n in range(1000)]
    anew = [f"{n} again" for n in range(1000)]
    assert merge_lines(base, anew, base) == anew
    assert merge_lines(base, anew, [*base, "end"]) is None


def test_true_is_not_one() -> None:
    assert not same({"a": [True]}, {"a": [1]})
    assert same({"a": [1], "b": None}, {"b": None, "a": [1]})
