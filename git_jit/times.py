"""Dates and times as text: one spelling each, so that they compare, sort and store without conversion."""

from typing import Final

from git_jit.errors import InvalidValue
from git_jit.model import Date, Timestamp

FIRST_SECOND: Final = -62_135_596_800
"""0001-01-01, in seconds since 1970."""
LAST_SECOND: Final = 253_402_300_799
"""The last one of 9999: a time is text, and must not grow a digit."""
_AS_ZERO: Final = str.maketrans("123456789", "000000000")
_DAYS: Final = {
    "01": "31", "02": "29", "03": "31", "04": "30", "05": "31", "06": "30",
    "07": "31", "08": "31", "09": "30", "10": "31", "11": "30", "12": "31",
}  # fmt: skip
_RFC_3339: Final = (
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))"
)


def is_date(text: str) -> bool:
    """Whether `text` is a day of the calendar as `YYYY-MM-DD`, years 0001 to 9999."""
    return text.translate(_AS_ZERO) == "0000-00-00" and _is_day(text)


def _is_day(digits: str) -> bool:
    """Whether there is such a day, of what has the form of one."""
    year, month, day = digits[:4], digits[5:7], digits[8:]
    if year == "0000" or not "01" <= day <= _DAYS.get(month, "00"):
        return False
    return day != "29" or month != "02" or _is_leap(int(year))


def is_timestamp(text: str) -> bool:
    """Whether `text` already is a `Timestamp`: UTC, six fractional digits, `Z`."""
    return (
        text.translate(_AS_ZERO) == "0000-00-00T00:00:00.000000Z"
        and _is_day(text[:10])
        and text[11:13] < "24"
        and text[14] < "6"
        and text[17] < "6"
    )


def normalise_date(text: str, *, field: str = "date") -> Date:
    """`text` as a `Date`. Raises `InvalidValue` unless it is a day as `YYYY-MM-DD`."""
    if is_date(text):
        return Date(text)
    raise InvalidValue(field, f"must be a date like 2026-11-21, not '{text[:40]}'")


def normalise_timestamp(text: str, *, field: str = "time") -> Timestamp:
    """`text`, a time of RFC 3339 with any offset and up to nine fractional digits, in UTC with six.

    Further digits are cut, not rounded, so that order is kept. Raises `InvalidValue` for anything else,
    leap seconds included.
    """
    if is_timestamp(text):
        return Timestamp(text)
    # Only what comes from elsewhere gets here; a short command need not pay for these imports.
    import re
    from datetime import UTC, datetime, timedelta, timezone

    found = re.fullmatch(_RFC_3339, text, re.ASCII)
    try:
        if found is None:
            raise ValueError
        day, clock, fraction, sign, hours, minutes = found.groups()
        digits = (fraction or "")[:6].ljust(6, "0")
        if hours in {None, "00"} and minutes in {None, "00"} and is_timestamp(moment := f"{day}T{clock}.{digits}Z"):
            return Timestamp(moment)  # most are in UTC, and arithmetic takes three times as long
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
        there = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)
        moment = there.astimezone(UTC).replace(tzinfo=None).isoformat()
    except (ValueError, OverflowError):
        message = f"must be a time like 2026-11-21T09:00:00Z, not '{text[:40]}'"
        raise InvalidValue(field, message) from None
    return Timestamp(f"{moment}.{digits}Z")


def as_timestamp(seconds: float) -> Timestamp:
    """Seconds since 1970 as a `Timestamp`. What lies beyond the years 0001 to 9999, which git lets anybody write into a
    commit, counts as their first or last second.
    """
    from datetime import UTC, datetime

    within = min(max(seconds, FIRST_SECOND), LAST_SECOND)
    moment = datetime.fromtimestamp(within, UTC).replace(tzinfo=None)
    return Timestamp(f"{moment.isoformat(timespec='microseconds')}Z")  # not strftime: its years have no leading zeros


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


MINUTES: Final = {"m": 1, "h": 60, "d": 8 * 60}
"""An estimated day is a working day of eight hours."""
MAX_DIGITS: Final = 9
"""Of one number in an estimate: two thousand years of minutes."""


def minutes(text: str) -> int:
    """Reads `90`, `90m`, `2h`, `1d`, `1h30m`. Raises `InvalidValue`.

    >>> minutes("1h30m")
    90
    """
    total, number = 0, ""
    for character in text.strip().lower():
        if character.isascii() and character.isdigit() and len(number) < MAX_DIGITS:
            number += character
        elif character in MINUTES and number:
            total += int(number) * MINUTES[character]
            number = ""
        else:
            break
    else:
        if text.strip():
            return total + int(number or 0)
    raise InvalidValue("estimate", f"must be minutes, or like 2h30m, not '{text[:40]}'")
