"""How a filter says that it does not understand: the whole text, the place, and the limits."""

import sys
from ast import literal_eval
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.errors import UsageError
from git_jit.query import BindContext, EmptyFilter, QuerySyntax, bind, condition_for, parse, unparse
from git_jit.query.ast import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, MAX_VALUES
from git_jit.query.errors import WIDTH
from git_jit.record import replace
from tests.test_query_meaning import RULES

CASES = Path(__file__).parent / "cases" / "query" / "complaints.txt"


def cases() -> list[tuple[str, str]]:
    """The filters of the page (as Python spells them, after `>>> `) and what is said to each."""
    blocks = CASES.read_text(encoding="utf-8").strip("\n").split("\n\n")
    pairs = [block.removeprefix(">>> ").partition("\n") for block in blocks]
    return [(literal_eval(text), said.rstrip("\n")) for text, _, said in pairs]


def complaint(text: str, context: BindContext = RULES) -> QuerySyntax:
    with pytest.raises(QuerySyntax) as caught:
        condition_for(text, context)
    return caught.value


@pytest.mark.parametrize(("text", "said"), cases(), ids=lambda value: None)
def test_a_mistake_is_shown_where_it_is(text: str, said: str) -> None:
    error = complaint(text)
    assert f"{error.message}\n{error.hint}" == said


def test_every_complaint_is_a_usage_error_for_programs_too() -> None:
    error = complaint("漢字 stat:ready")
    assert isinstance(error, UsageError)
    assert (error.code, error.status, error.retryable) == ("query_syntax", 129, False)
    assert error.details == {"column": 4, "length": 4, "text": "漢字 stat:ready"}
    assert complaint("a OR").details == {"column": 5, "length": 0, "text": "a OR"}
    assert complaint("x query:bad").details == {"column": 7, "length": 4, "text": "state:redy"}


def test_me_must_be_somebody() -> None:
    error = complaint("assignee:me", replace(RULES, me=None))
    assert error.message == "nobody here is 'me'"
    assert error.hint == "assignee:me\n         ^^\nname the actor, as in 'human:ada'"


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\N{IDEOGRAPHIC SPACE}"])
def test_an_empty_filter_is_an_error_of_its_own(text: str) -> None:
    with pytest.raises(EmptyFilter) as caught:
        parse(text)
    assert (caught.value.code, caught.value.message, caught.value.hint) == ("empty_filter", "the filter is empty", None)


def test_an_empty_saved_query_is_not_an_empty_filter() -> None:
    """Else a caller that takes nothing for everything would take `query:void` for everything."""
    assert type(complaint("query:void")) is QuerySyntax


@given(st.text("ab 漢e\u0301\t()", max_size=80), st.text("漢(b", max_size=5))
def test_the_caret_stands_below_the_mistake(before: str, inside: str) -> None:
    """Columns as a terminal counts them: two for a wide character, none for a combining one."""
    text = f'"{before}" "{inside}" stat:x'
    error = complaint(text)
    shown, carets = (error.hint or "").split("\n")[:2]
    columns = [column for char in shown for column in [char] + [""] * (char == "漢") if char != "\u0301"]
    start = carets.index("^")
    assert "".join(columns[start : start + len(carets.strip())]) == "stat"
    assert len(columns) <= WIDTH


# --- limits -------------------------------------------------------------------------------------------------

AT_THE_LIMIT: list[tuple[str, Callable[[int], str], int]] = [
    ("the filter is longer than 4096 characters", lambda n: "x" * n, MAX_LENGTH),
    ("the filter has more than 512 terms", lambda n: "x " * n, MAX_TERMS),
    ("the filter has more than 512 terms", lambda n: "-x OR " * (n - 1) + "x", MAX_TERMS),
    ("'label:' has more than 256 alternatives", lambda n: "label:" + ",".join(["a:b"] * n), MAX_VALUES),
    ("the filter is nested more than 64 levels deep", lambda n: "(" * n + "x" + ")" * n, MAX_DEPTH),
    ("the filter is nested more than 64 levels deep", lambda n: "-" * n + "x", MAX_DEPTH),
    ("the filter is nested more than 64 levels deep", lambda n: "NOT " * n + "x", MAX_DEPTH),
    (
        "the filter is nested more than 64 levels deep",
        lambda n: "(a OR b " * (n // 2) + "c" + " -d" * (n % 2) + ")" * (n // 2),
        MAX_DEPTH,
    ),
]


@pytest.mark.parametrize(("message", "grown", "limit"), AT_THE_LIMIT)
def test_limits_are_exact(message: str, grown: Callable[[int], str], limit: int) -> None:
    tree = parse(grown(limit))
    bind(tree, RULES)
    assert parse(unparse(tree)) == tree
    assert complaint(grown(limit + 1)).message == message


def test_saved_queries_share_the_limits() -> None:
    """512 times the same query of two terms; and 70 queries that each only negate the next."""
    assert complaint("query:double0").message == "in saved query 'double10': the filter has more than 512 terms"
    assert complaint("query:deep0").message == "in saved query 'deep32': the filter is nested more than 64 levels deep"


def steps(call: Callable[[], object]) -> int:
    """The lines of Python that `call` runs."""
    count = 0

    def trace(_: FrameType, event: str, __: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def outcome(text: str) -> object:
    try:
        return condition_for(text, RULES)
    except QuerySyntax as error:
        return error


REPEATED = [
    "x",
    "x ",
    " ",
    "(",
    ")",
    "-",
    "- ",
    '"',
    '\\"',
    '"\\"" ',
    ":",
    "a:",
    ",",
    "label:a:b ",
    "OR ",
    "a OR ",
    "*",
    "label:*a",
    "漢 ",
    "!",
    "title:=**",
    "9",
]


@pytest.mark.parametrize("head", ["", "label:", 'x "', "due:", "(a OR "])
@pytest.mark.parametrize("piece", REPEATED)
def test_time_is_linear(head: str, piece: str) -> None:
    """Counted, not measured: twice the text costs at most twice the steps, whether it is understood or not."""
    short = head + piece * (1500 // len(piece))
    long = head + piece * (3000 // len(piece))
    assert steps(lambda: outcome(long)) <= 2 * steps(lambda: outcome(short)) + 500
