"""What people type for values, and names that programs make up."""

import doctest
import re

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.cli import actor, names, sanitize, words, world
from git_jit.cli.clicked import Word
from git_jit.cli.narrow import names_states, quoted
from git_jit.errors import InvalidValue
from git_jit.model import ACTOR_PATTERN, IssueId
from git_jit.ops.edit import LEAVE
from git_jit.query import QuerySyntax, Term, parse


@pytest.mark.parametrize("module", [actor, sanitize, world], ids=lambda module: str(module.__name__))
def test_examples_in_docstrings(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.attempted
    assert not found.failed


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Done", "done"), ("closed", "done"), ("wip", "in_progress"), ("in-progress", "in_progress"), ("IN PROGRESS", "in_progress"),
        ("rea", "ready"), ("back", "backlog"), ("open", "reopen"), ("wontfix", "rejected"), ("arch", "archived"),
    ],
)  # fmt: skip
def test_states_are_understood(said: str, meant: str) -> None:
    assert words.state_option("").value_of(said) == meant


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("re", "'re' is not a state; did you mean ready or rejected or reopen?"),
        ("dnoe", "'dnoe' is not a state; did you mean done?"),
        ("xyz", "'xyz' is not a state; known: backlog, ready, in_progress, gated, done, rejected, archived, reopen"),
    ],
)
def test_states_that_are_not(said: str, sentence: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        Word(words.state_option("")).convert(said, None, None)
    assert caught.value.message == sentence


@given(st.integers(0, 10**6))
def test_estimates_read_back(total: int) -> None:
    assert words.minutes(str(total)) == words.minutes(f"{total}m") == total
    assert words.minutes(f"{total // 60}h{total % 60}m") == total


@pytest.mark.parametrize("text", ["", " ", "h", "1x", "m3", "-3", "1.5h", "٣"])
def test_estimates_that_are_none(text: str) -> None:
    with pytest.raises(InvalidValue):
        words.minutes(text)


def test_values_of_fields_are_json_or_text() -> None:
    said = ["3", "true", "null", '["a"]', "three", "1.5", '"q"', "NaN"]
    assert [words.json_or_text(text) for text in said] == [3, True, None, ["a"], "three", "1.5", '"q"', "NaN"]


def test_lists_may_be_repeated_or_separated() -> None:
    assert words.several(["a:b", " c:d , e:f,", ""]) == ("a:b", "c:d", "e:f")


def test_leaving_and_emptying_are_different() -> None:
    assert words.optional(None, int) is LEAVE
    assert words.optional("NONE", int) is None
    assert words.optional("3", int) == 3


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1))
def test_any_value_of_an_option_is_one_term_of_the_filter(value: str) -> None:
    """No text can close the term and widen the filter."""
    try:
        expr = parse(f"title:{quoted('title', value)}")
    except QuerySyntax:
        return  # refused is fine, wider is not
    assert isinstance(expr, Term)
    assert expr.field == "title"


def test_comparisons_survive_quoting() -> None:
    assert quoted("priority", ">=high") == ">=high"
    assert quoted("label", "a b") == '"a b"'
    assert quoted("label", 'a"b\\') == '"a\\"b\\\\"'


@pytest.mark.parametrize(
    ("text", "names_them"),
    [
        ("state:done", True),
        ("label:a Status:ready", True),
        ("-is:closed", True),
        ("closed:<7d", True),
        ("is:blocked", False),
        ("estate:x", False),
        ("label:state", False),
    ],
)
def test_filters_that_name_states(text: str, *, names_them: bool) -> None:
    assert names_states([text]) is names_them


@given(st.text())
def test_a_slug_is_empty_or_makes_an_actor(identity: str) -> None:
    name = actor.slug(identity)
    assert not name or re.fullmatch(ACTOR_PATTERN, f"human:{name}")


@given(st.lists(st.text("01", min_size=1, max_size=8), min_size=1, max_size=30, unique=True))
def test_both_ways_to_short_names_agree_and_are_unique(tails: list[str]) -> None:
    """Asking the index for each id, and comparing with its neighbours among all."""
    ids = sorted({IssueId(("abcdef0" + tail).ljust(32, "2")) for tail in tails})

    class Some:
        """Of a view: what abbreviations ask."""

        def ids(self) -> list[IssueId]:
            return ids

        def starting_with(self, prefix: str, limit: int) -> list[IssueId]:
            return [id for id in ids if id.startswith(prefix)][:limit]

    asked = names.short_names(Some(), ids)  # type: ignore[arg-type]
    compared = {id: id[: names._unique_length(ids, id)] for id in ids}
    assert asked == compared
    assert len(set(asked.values())) == len(ids)
    assert all(len(name) >= names.ABBREVIATION and id.startswith(name) for id, name in asked.items())


def test_ulids_sort_by_time_and_are_spelled_right() -> None:
    made = [world.ulid(ms, bytes(range(10))) for ms in (0, 1, 1_700_000_000_000, (1 << 48) - 1)]
    assert made == sorted(made)
    assert all(re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", one) for one in made)


def test_the_real_clock_and_ids_have_their_form() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", world.now())
    assert re.fullmatch(r"[0-9a-f]{32}", world.new_id())
    assert re.fullmatch(r"[0-9A-Z]{26}", world.new_ulid())
