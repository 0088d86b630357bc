from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.errors import InvalidValue
from git_jit.times import as_timestamp, is_date, is_timestamp, normalise_date, normalise_timestamp


@given(st.dates())
def test_every_day_is_a_date(day: datetime) -> None:
    assert is_date(day.isoformat())


@given(st.text("0123456789-", min_size=10, max_size=10) | st.from_regex(r"\A\d{4}-\d\d-\d\d\Z"))
def test_dates_are_what_the_standard_library_takes(text: str) -> None:
    try:
        datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        real = text.isascii() and len(text) == 10 and text[4] == text[7] == "-" and " " not in text
    except ValueError:
        real = False
    assert is_date(text) == real


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)), st.integers(-1439, 1439))  # noqa: DTZ001
def test_any_offset_becomes_utc(moment: datetime, minutes: int) -> None:
    there = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    here = normalise_timestamp(there.isoformat())
    assert is_timestamp(here)
    assert datetime.fromisoformat(here) == there
    assert normalise_timestamp(here) == here


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T09:00:00Z", "2026-11-21T09:00:00.000000Z"),
        ("2026-11-21t09:00:00z", "2026-11-21T09:00:00.000000Z"),
        ("2026-11-21 09:00:00.5Z", "2026-11-21T09:00:00.500000Z"),
        ("2026-11-21T09:00:00.123456789Z", "2026-11-21T09:00:00.123456Z"),
        ("2026-12-31T23:59:59.999999999-01:00", "2027-01-01T00:59:59.999999Z"),
        ("2026-01-01T00:30:00+05:30", "2025-12-31T19:00:00.000000Z"),
        ("2024-02-29T00:00:00-00:00", "2024-02-29T00:00:00.000000Z"),
    ],
)
def test_a_time_has_one_spelling(text: str, expected: str) -> None:
    assert normalise_timestamp(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-21",
        "2026-11-21T09:00Z",
        "2026-11-21T09:00:00",
        "2026-11-21T09:00:00.Z",
        "2026-11-21T09:00:00.1234567890Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T09:60:00Z",
        "2026-11-21T23:59:60Z",
        "2026-02-29T09:00:00Z",
        "2026-13-01T09:00:00.000000Z",
        "2026-11-21T09:00:00+24:00",
        "2026-11-21T09:00:00+0100",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "٢٠٢٦-11-21T09:00:00Z",
        "2026-11-21T09:00:00Z\n",
        "0000-01-01T00:00:00Z",
    ],
)
def test_anything_else_is_not_a_time(text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        normalise_timestamp(text, field="created")
    assert caught.value.message == f"'created' must be a time like 2026-11-21T09:00:00Z, not '{text}'"


@pytest.mark.parametrize(
    "text", ["", "2026-1-1", "2026-02-29", "1900-02-29", "0000-01-01", "2026-11-21T00:00:00Z", "today"]
)
def test_anything_else_is_not_a_date(text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        normalise_date(text, field="due")
    assert caught.value.message == f"'due' must be a date like 2026-11-21, not '{text}'"
    assert (caught.value.code, caught.value.status) == ("invalid_value", 4)


def test_leap_days_are_days() -> None:
    assert [normalise_date("2024-02-29"), normalise_date("2000-02-29")] == ["2024-02-29", "2000-02-29"]


@given(st.datetimes())
def test_seconds_of_any_year_make_a_timestamp(moment: datetime) -> None:
    seconds = int(moment.replace(tzinfo=UTC).timestamp())
    told = as_timestamp(seconds)
    assert is_timestamp(told)
    assert datetime.fromisoformat(told).timestamp() == seconds


@pytest.mark.parametrize("seconds", [253_402_300_800, 10**15, 10**30, float("inf")])
def test_seconds_beyond_the_calendar_are_its_end(seconds: float) -> None:
    assert as_timestamp(seconds) == "9999-12-31T23:59:59.000000Z"
    assert as_timestamp(-seconds) == "0001-01-01T00:00:00.000000Z"
