import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.patterns import MAX_MATCHED, MAX_PARTS, found, matches, objection, occurs


@pytest.mark.parametrize(
    "pattern",
    [
        r"v?\d+\.\d+\.\d+",
        "[a-z][a-z0-9-]*",
        "alpha|beta|rc",
        "(?:a|b)c",
        r"\d{4}-q[1-4]",
        r"[]a]+[^]b]+",
        r"a\+\*\?\(\)\{2,\}" * 3,
        r"[+*?(){2,}|]" * 9,
        "x{y",
        "",
        "(a+)+b",
        "(?:[a-z]+-)*[a-z]+",
        r"\x41\u00e9\N{BULLET}",
    ],
)
def test_what_a_machine_can_do_is_accepted(pattern: str) -> None:
    assert objection(pattern) is None


TOO_LARGE = f"stands for more than {MAX_PARTS} characters; repeat less often"


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(a)\1", "refers back to a group"),
        ("(?=a)", "uses a group that begins with '(?'"),
        (r"\\(?=a)", "uses a group that begins with '(?'"),
        ("(?i:a)", "uses a group that begins with '(?'"),
        ("a*+", "has '*+', a repetition that never gives back"),
        ("a{9999999}", TOO_LARGE),
        ("(?:a{99}){99}", TOO_LARGE),
        ("(?:){99999999}", TOO_LARGE),
        ("(?:a{0,99}){0,99}", TOO_LARGE),
        ("[", "is not a regular expression: unterminated character set at position 0"),
        ("[[a]", "is not a regular expression: Possible nested set at position 1"),
        ("a**", "is not a regular expression: multiple repeat at position 2"),
        ("a" * 201, "is longer than 200 characters"),
    ],
)
def test_what_is_refused(pattern: str, reason: str) -> None:
    assert objection(pattern) == reason


ATOMS = st.sampled_from(["a", "b", ".", r"\d", r"\w", "[ab]", "[^a]", "[]a-]", r"\.", "^", "$", r"\b", "-", r"\x61"])
REPEATS = st.sampled_from(["", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,}", "{,2}", "{1,3}"])
PATTERNS = st.recursive(
    st.tuples(ATOMS, REPEATS).map("".join),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.tuples(st.sampled_from(["(", "(?:"]), inner, st.just(")"), REPEATS).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text("ab-.1é", max_size=7))
def test_the_same_texts_fit_as_in_python(pattern: str, text: str) -> None:
    """No text ends with a newline here, before which Python's `$` stands too."""
    try:
        expected = re.compile(pattern)
    except re.error:
        return
    if objection(pattern) is None:
        assert matches(pattern, text) == (expected.fullmatch(text) is not None)
        assert occurs(pattern, text) == (expected.search(text) is not None)


@pytest.mark.parametrize(
    "pattern",
    ["(a*)*b", "(?:a|a)*b", "a?" * 60 + "a" * 60, "(?:a|a)" * 20 + "b", "a*a*a*a*a*a*b", "(?:(?:a+)+)+b", "a{0,160}b"],
)
def test_no_pattern_takes_long(pattern: str) -> None:
    """Most of these would take years of going back and trying again."""
    assert objection(pattern) is None
    begin = time.process_time()
    assert not matches(pattern, "a" * (MAX_MATCHED - 1) + "c")
    assert not occurs(pattern + "$", "a" * (MAX_MATCHED - 1) + "c")
    assert time.process_time() - begin < 5  # a tenth of a second here


def test_a_match_covers_the_whole_text() -> None:
    assert matches("v[0-9]+", "v12")
    assert not matches("v[0-9]+", "v12\n")
    assert not matches("v[0-9]+", "xv1")
    assert not matches("a*", "a" * (MAX_MATCHED + 1))


@pytest.mark.parametrize("ask", [found, occurs])
def test_a_search_reads_dollar_as_json_schema_does(ask: Callable[[str, str], bool]) -> None:
    assert re.search("^a$", "a\n")
    assert not ask("^a$", "a\n")
    assert ask("^a$", "a")
    assert ask(r"a\$", "a$b")
