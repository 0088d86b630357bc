"""Times as people write them, turned into the first and the last moment they name.

Everything is UTC and canonical text (`model.Date`, `model.Timestamp`), so that moments compare as strings. A
calendar word (`today`, `2026-01`) names all its days. A length (`7d`) is a distance in the direction the
field looks: back from now for what happened, ahead from today for what shall. With a sign (`-7d`, `+7d`)
it is the point that far away.
"""

from typing import Final, NamedTuple

from git_jit.errors import InvalidValue
from git_jit.model import Date, Timestamp
from git_jit.times import is_date, normalise_timestamp

_DIGITS: Final = frozenset("0123456789")
_HOURS: Final = {"h": 1, "d": 24, "w": 7 * 24}
_MONTHS: Final = {"m": 1, "y": 12}
_MAX_DIGITS: Final = 5
"""Of a length: 99999 days are 273 years."""
_NAMED_DAYS: Final = {"today": 0, "yesterday": -1, "tomorrow": 1}
_UPTO_MINUTES: Final = len("2026-01-31T10:00")
_UPTO_SECONDS: Final = len("2026-01-31T10:00:00")
_FIRST_MOMENT: Final = Timestamp("0001-01-01T00:00:00.000000Z")


class Period(NamedTuple):
    """From `first` to `last`, both included. `distance` when `<` means nearer, not earlier."""

    first: str
    last: str
    distance: bool = False


class Clock(NamedTuple):
    now: Timestamp
    today: Date

    @property
    def midnight(self) -> Timestamp:
        """The first moment of today."""
        return Timestamp(f"{self.today}T00:00:00.000000Z")


def dates(text: str, clock: Clock) -> Period | None:
    """The dates that `text` names, for a field that looks ahead; None if it names none. Dates have no hours.

    >>> dates("7d", Clock("2026-01-28T12:00:00.000000Z", "2026-01-28"))
    Period(first='2026-02-04', last='2026-02-04', distance=True)
    """
    text = text.lower()
    if text == "now":
        return Period(clock.today, clock.today)
    if _is_length(text):
        day = None if text[-1] == "h" else _end_of(text, clock.midnight, ahead=True)
        return Period(day[:10], day[:10], distance=text[0] in _DIGITS) if day else None
    return _calendar(text, clock)


def timestamps(text: str, clock: Clock, *, ordered: bool) -> Period | None:
    """The moments that `text` names, for a field that looks back; None if it names none.

    Where no order is asked for, a length names the whole day it ends in, and a length in hours nothing.

    >>> clock = Clock("2026-01-28T12:00:00.000000Z", "2026-01-28")
    >>> timestamps("7d", clock, ordered=True)
    Period(first='2026-01-21T12:00:00.000000Z', last='2026-01-21T12:00:00.000000Z', distance=True)
    >>> timestamps("2026-01-28T10:00+01:00", clock, ordered=False)
    Period(first='2026-01-28T09:00:00.000000Z', last='2026-01-28T09:00:59.999999Z', distance=False)
    """
    text = text.lower()
    if text == "now":
        return Period(clock.now, clock.now)
    if _is_length(text):
        moment = _end_of(text, clock.now, ahead=False)
        if moment is None:
            return None
        if ordered:
            return Period(moment, moment, distance=text[0] in _DIGITS)
        return None if text[-1] == "h" else _whole_days(moment[:10], moment[:10])
    if ":" in text:
        return _instant(text.upper())
    days = _calendar(text, clock)
    return days and _whole_days(days.first, days.last)


def days_before(now: Timestamp, days: int) -> Timestamp:
    """The moment `days` days before `now`."""
    return _shifted(now, -days, "d") or _FIRST_MOMENT


def _is_length(text: str) -> bool:
    count = text[text[:1] in {"+", "-"} : -1]
    return 0 < len(count) <= _MAX_DIGITS and _DIGITS.issuperset(count) and text[-1] in "hdwmy"


def _end_of(length: str, base: Timestamp, *, ahead: bool) -> Timestamp | None:
    """Where a length ends that starts at `base` and runs `ahead` or back, unless its sign says otherwise."""
    forward = ahead if length[0] in _DIGITS else length[0] == "+"
    count = int(length[:-1].lstrip("+-"))
    return _shifted(base, count if forward else -count, length[-1])


def _shifted(base: Timestamp, count: int, unit: str) -> Timestamp | None:
    """`base` moved by `count` units; a month too short for the day takes its last one. None beyond year 1 to 9999."""
    from datetime import datetime, timedelta  # only filters with a length pay for it

    moment = datetime.fromisoformat(base[:-1])
    try:
        if unit in _HOURS:
            moment += timedelta(hours=_HOURS[unit] * count)
        else:
            year, month = divmod(moment.year * 12 + moment.month - 1 + _MONTHS[unit] * count, 12)
            first = moment.replace(year=year, month=month + 1, day=1)
            moment = first.replace(day=min(moment.day, int(_last_day(first.isoformat()[:7])[8:])))
    except (ValueError, OverflowError):
        return None
    return Timestamp(moment.isoformat(timespec="microseconds") + "Z")


def _calendar(text: str, clock: Clock) -> Period | None:
    """The days of a named day, a date, a month or a year."""
    if text in _NAMED_DAYS:
        day = _shifted(clock.midnight, _NAMED_DAYS[text], "d")
        return Period(day[:10], day[:10]) if day else None
    if is_date(text):
        return Period(text, text)
    if is_date(f"{text}-01"):
        return Period(f"{text}-01", _last_day(text))
    if is_date(f"{text}-01-01"):
        return Period(f"{text}-01-01", f"{text}-12-31")
    return None


def _last_day(month: str) -> str:
    """The last date of a month `YYYY-MM`."""
    return next(day for day in (f"{month}-{n}" for n in (31, 30, 29, 28)) if is_date(day))


def _whole_days(first: str, last: str) -> Period:
    return Period(f"{first}T00:00:00.000000Z", f"{last}T23:59:59.999999Z")


def _instant(text: str) -> Period | None:
    """A time of RFC 3339, without zone UTC; without seconds the whole minute, without fraction the whole second."""
    zone = "Z" if text[-1] == "Z" else text[-6:] if text[-6:-5] in {"+", "-"} else ""
    local = text.removesuffix(zone)
    minutes_only = len(local) == _UPTO_MINUTES
    try:
        first = normalise_timestamp(f"{local}{':00' if minutes_only else ''}{zone or 'Z'}")
    except InvalidValue:
        return None
    if minutes_only:
        return Period(first, f"{first[:17]}59.999999Z")
    if len(local) == _UPTO_SECONDS:
        return Period(first, f"{first[:20]}999999Z")
    return Period(first, first)
