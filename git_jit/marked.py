"""Lines of ours in a file of somebody else's, between two marks: found again wherever they stand, and taken out so that
the rest is as it was, byte for byte. Bytes alone.
"""

from typing import NamedTuple


class Marks(NamedTuple):
    """What our lines begin and end with; without line ends."""

    begin: bytes
    end: bytes


def find(data: bytes, marks: Marks) -> slice | None:
    """Where our lines stand, with the line break that belongs to them; None if they do not.

    Of several beginnings the last one before an end counts: whatever stands between two of them may be somebody's.
    """
    stop = data.find(marks.end)
    while stop >= 0:
        start = data.rfind(marks.begin, 0, stop)
        if start >= 0:
            return _with_line_break(data, start, stop + len(marks.end))
        stop = data.find(marks.end, stop + 1)
    return None


def _with_line_break(data: bytes, start: int, stop: int) -> slice:
    """The one behind them; before them where nothing follows, for then it was put in with them (`append`)."""
    line_end = b"\r\n" if b"\r\n" in data[start:stop] else b"\n"
    if data.startswith(line_end, stop):
        return slice(start, stop + len(line_end))
    return slice(start - len(line_end) if data.endswith(line_end, 0, start) else start, stop)


def take_out(data: bytes, marks: Marks) -> bytes:
    """`data` without our lines; as it is, if it has none."""
    found = find(data, marks)
    return data if found is None else data[: found.start] + data[found.stop :]


def line_end(data: bytes) -> bytes:
    """How lines end in a text: as its first one does."""
    first = data.partition(b"\n")
    return b"\r\n" if first[1] and first[0].endswith(b"\r") else b"\n"


def append(data: bytes, lines: bytes) -> bytes:
    """`data` with our lines (marks included, each ended by LF) at its end; `take_out` is the inverse.

    They are ended as the lines of `data` are.
    """
    end = line_end(data)
    ours = lines.replace(b"\n", end)
    if not data or data.endswith(end):
        return data + ours
    return data + end + ours.removesuffix(end)


def renew(data: bytes, lines: bytes, marks: Marks) -> bytes:
    """`data` with `lines` in the place of ours, which it has."""
    found = find(data, marks)
    assert found is not None, "they were found"
    old = data[found]
    end = b"\r\n" if b"\r\n" in old else b"\n"
    ours = lines.replace(b"\n", end)
    if old.endswith(end):
        return data[: found.start] + ours + data[found.stop :]
    before = end if old.startswith(end) else b""
    return data[: found.start] + before + ours.removesuffix(end) + data[found.stop :]
