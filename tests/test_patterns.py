import re
import time

import pytest

from git_jit.patterns import MAX_MATCHED, found, matches, objection


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
    ],
)
def test_what_matches_quickly_is_accepted(pattern: str) -> None:
    assert objection(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a+)+b", "repeats a group"),
        ("(a|aa)*b", "repeats a group"),
        ("(ab){3}", "repeats a group"),
        ("(?:a)?", "repeats a group"),
        (r"(a)\1", "refers back to a group"),
        ("(?=a)", "uses a group that begins with '(?'"),
        (r"\\(?=a)", "uses a group that begins with '(?'"),
        ("(?i:a)", "uses a group that begins with '(?'"),
        ("a*a*a*a*b", "could take too long to match; use fewer of '*', '+', '?' and '|'"),
        ("a{0,9}a{0,9}a{0,9}a{0,9}", "could take too long to match; use fewer of '*', '+', '?' and '|'"),
        ("a?" * 30 + "a" * 30, "could take too long to match; use fewer of '*', '+', '?' and '|'"),
        ("(a|a)" * 30, "could take too long to match; use fewer of '*', '+', '?' and '|'"),
        ("[", "is not a regular expression: unterminated character set at position 0"),
        ("[[a]", "is not a regular expression: Possible nested set at position 1"),
        ("a" * 201, "is longer than 200 characters"),
    ],
)
def test_what_could_hang_is_refused(pattern: str, reason: str) -> None:
    assert objection(pattern) == reason


def test_searching_costs_more_than_matching() -> None:
    assert objection("a*b*c*") is None
    assert objection("a*b*c*", anywhere=True) is not None


def test_the_worst_pattern_allowed_ends_soon() -> None:
    worst = "a*a*a*b"
    assert objection(worst) is None
    begin = time.perf_counter()
    assert not matches(worst, "a" * MAX_MATCHED)
    assert time.perf_counter() - begin < 5  # half a second here; without the rule it would be years


def test_a_match_covers_the_whole_text() -> None:
    assert matches("v[0-9]+", "v12")
    assert not matches("v[0-9]+", "v12\n")
    assert not matches("v[0-9]+", "xv1")
    assert not matches("a*", "a" * (MAX_MATCHED + 1))


def test_a_search_reads_dollar_as_json_schema_does() -> None:
    assert re.search("^a$", "a\n")
    assert not found("^a$", "a\n")
    assert found("^a$", "a")
    assert found(r"a\$", "a$b")
