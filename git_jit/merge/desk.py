"""Where one merge keeps what it finds out: conflicts, notes, what became of each field."""

from typing import Any, Final

from git_jit.merge.compare import key, three_way
from git_jit.merge.stored import REASONS
from git_jit.merge.values import MISSING, Conflict, Document, Entry, FieldPath, Missing, Note, Row, Rules, Side, Stamp

MAX_SHOWN: Final = 60
"""Characters of a lost value in a note; it is one line for people."""


class Desk:
    """One merge under way."""

    def __init__(self, one: Side, other: Side, rules: Rules) -> None:
        self.one = one
        self.other = other
        self.rules = rules
        self.conflicts: list[Conflict] = []
        self.notes: list[Note] = []
        self.rows: list[Row] = []
        self.clamped: set[Stamp] = set()

    def stamps(self, path: str, *fields: FieldPath) -> tuple[Stamp, Stamp]:
        """When each side last changed one of `fields`."""
        return (
            max(self._bounded(self.one.stamp(path, field)) for field in fields),
            max(self._bounded(self.other.stamp(path, field)) for field in fields),
        )

    def _bounded(self, stamp: Stamp) -> Stamp:
        """A clock that runs ahead counts as the latest one allowed. The counter stays: whoever has seen a wrong
        clock goes on from it, and later changes still are later.
        """
        latest = self.rules.latest_ms
        if latest is None or stamp.ms <= latest:
            return stamp
        self.clamped.add(stamp)
        return Stamp(latest, stamp.counter, stamp.node)

    def by_stamp(self, path: str, one: Any, other: Any, *fields: FieldPath) -> tuple[Entry, Entry]:
        """The two values, that with the lower stamp first; ties by bytes."""
        first, second = self.stamps(path, *fields)
        low, high = sorted([(first, key(one), one), (second, key(other), other)], key=lambda item: item[:2])
        return Entry(low[2], low[0]), Entry(high[2], high[0])

    def record(self, path: str, field: FieldPath, reason: str, base: Any, kept: Entry, *lost: Entry) -> None:
        assert reason in REASONS, reason
        self.conflicts.append(Conflict(path=path, field=field, reason=reason, base=base, kept=kept, lost=tuple(lost)))

    def note(self, path: str, field: FieldPath, text: str) -> None:
        self.notes.append(Note(path, field, text))


def merge_mapping(
    desk: Desk, path: str, field: FieldPath, base: Any, one: Document, other: Document, rules: Any
) -> dict[str, Any]:
    """Key by key: the three-way test, then the rule for the key: `rules(key)`, a `fields.Rule`."""
    merged: dict[str, Any] = {}
    for name in sorted(one.keys() | other.keys()):
        rule, default = rules(name)
        before, first, second = (s.get(name, default) if isinstance(s, dict) else default for s in (base, one, other))
        decided, value = three_way(before, first, second)
        if not decided:
            known = len(desk.rows)
            value = rule(desk, path, (*field, name), before, first, second)
            if len(desk.rows) == known:  # else the rule went deeper, and told what it found there
                desk.rows.append(Row(path, (*field, name), before, first, second, value, rule.__name__))
        if value is not MISSING:
            merged[name] = value
    return merged


def shown(value: Any) -> str:
    """A value in a line for people."""
    match value:
        case Missing() | None:
            return "nothing"
        case str():
            text = value
        case list() if all(isinstance(line, str) for line in value):
            text = " / ".join(value)
        case _:
            text = key(value)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
