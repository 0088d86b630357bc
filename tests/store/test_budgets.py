"""The one table of waiting: what is said is understood or refused by name, and everybody takes theirs from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.record import fields
from git_jit.store import UnusableSetting
from git_jit.store.budgets import DEFAULTS, LONGEST_S, NO_LIMIT, NO_WAIT, TABLE, UNLIMITED, Row, budgets, parse, spell

QUEUE, GIT = TABLE[0], next(row for row in TABLE if row.name == "git")


def test_the_table_names_the_budgets_in_order() -> None:
    assert tuple(row.name for row in TABLE) == fields(DEFAULTS)
    assert {row.zero for row in TABLE} == {NO_WAIT, NO_LIMIT}
    assert [getattr(DEFAULTS, row.name) for row in TABLE] == [row.default for row in TABLE]


def test_the_defaults_are_those_of_the_design() -> None:
    assert {row.name: row.default for row in TABLE} == {
        "queue": 5, "ref": 1, "retry": 5, "index": 5, "git": 120, "remote": 60, "idle": 20, "hook": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("500ms", 0.5),
        ("2m", 120),
        ("1h", 3600),
        ("7", 7),
        ("1.5s", 1.5),
        (" 3 S ", 3),
        ("0", 0),
        ("24h", 86400),
    ],
)
def test_times_are_understood(text: str, seconds: float) -> None:
    assert parse(QUEUE, text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "-1",
        "1d",
        "1e3",
        "inf",
        "nan",
        "1_0",
        "٣s",
        "1.s",
        ".5s",
        "1 2",
        "1ss",
        "1sm",
        "0x10",
        "25h",
        "true",
        "9" * 400,
    ],
)
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(UnusableSetting) as refused:
        budgets({QUEUE.key: (text,)})
    assert refused.value.message == f"'{text}' in the setting 'jit.timeout.queue' is not a time up to a day"
    assert (
        refused.value.hint
        == "times are like 500ms, 30s or 2m; 'git jit config unset jit.timeout.queue' goes back to the default"
    )
    assert refused.value.details == {"key": "jit.timeout.queue"}


def test_zero_means_what_the_table_says() -> None:
    assert {row.name: parse(row, "0") for row in TABLE} == {
        row.name: UNLIMITED if row.zero == NO_LIMIT else 0 for row in TABLE
    }
    assert parse(GIT, "0ms") == UNLIMITED


def test_the_last_value_counts_and_the_rest_stays() -> None:
    found = budgets({"jit.timeout.git": ("1s", "2s"), "jit.ref": ("x",), "jit.timeout.unheard": ("of",)})
    assert (found.git, found.queue, found.idle) == (2, DEFAULTS.queue, DEFAULTS.idle)
    assert budgets({"user.name": ("Ada",)}) is DEFAULTS


@given(st.sampled_from(TABLE), st.integers(0, round(LONGEST_S * 1000)))
def test_what_is_spelled_is_read_again(row: Row, milliseconds: int) -> None:
    value = parse(row, f"{milliseconds}ms")
    assert parse(row, spell(value)) == value
