"""From a `Condition` to SQL over the index (`schema.py`): always parameters, never a value in the text.

Every test is made two-valued: SQL's NULL would turn "not assigned to ada" into "assigned to somebody else". So
negations can be moved down to the single tests (De Morgan), and what is left of a condition is "and" and "or". That
is also what allows to cut a part out of a condition that is too much for one statement, and to ask it before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, assert_never

from git_jit.condition import (
    All,
    Compare,
    Condition,
    Flag,
    Glob,
    Is,
    Not,
    OneOf,
    Present,
    Scalar,
    Some,
    Sort,
    Words,
)
from git_jit.facts import (
    INTEGERS,
    MEMBERSHIPS,
    NAMESPACES,
    Leaf,
    asks_for_broken,
    check_field,
    fits_kind,
    known_of_broken,
)

if TYPE_CHECKING:
    from git_jit.glob import Pattern

MAX_PATTERN: Final = 50_000
"""Bytes of a GLOB pattern that SQLite takes (limit SQLITE_MAX_LIKE_PATTERN_LENGTH). No title is that long."""
MAX_LISTED: Final = 16
"""Values listed one by one; longer lists go in as one JSON array, so that no test has many parameters."""
MAX_PARAMETERS: Final = 900
"""Of one statement. SQLite before 3.32 takes 999 (limit SQLITE_MAX_VARIABLE_NUMBER)."""
MAX_CHAIN: Final = 50
"""Parts joined without parentheses. A chain is as deep as it is long, and `MAX_LEVELS` of them must stay below
the 1000 of SQLITE_MAX_EXPR_DEPTH."""
MAX_LEVELS: Final = 12
"""Parentheses in parentheses. SQLite's parser has a stack of 100 (YYSTACKDEPTH), of which a level takes three and
the deepest test with the statement around it forty."""

_FLAGS: Final[Mapping[Flag, str]] = {
    Flag.BLOCKED: "i.blocked = 1",
    Flag.OPEN: "i.terminal = 0",
    Flag.CLOSED: "i.terminal = 1",
    Flag.CLAIMED: "(i.state = 'in_progress' AND i.assignee IS NOT NULL)",
    Flag.ROOT: "NOT EXISTS (SELECT 1 FROM edges e WHERE e.target = i.id)",
    Flag.LEAF: "NOT EXISTS (SELECT 1 FROM edges e WHERE e.source = i.key)",
    Flag.BROKEN: "i.terminal IS NULL",
}
_FLAGS_OF_TODAY: Final[Mapping[Flag, str]] = {
    Flag.READY: "(i.state = 'ready' AND i.blocked = 0 AND (i.defer_until IS NULL OR i.defer_until <= ?))",
    Flag.OVERDUE: "(i.terminal = 0 AND i.due IS NOT NULL AND i.due < ?)",
}


class Sql(NamedTuple):
    """Text with `?` for each of the parameters."""

    text: str
    parameters: tuple["Scalar | Sql", ...] = ()
    """One that is itself a `Sql` is a statement to be asked before; the ids that it finds go in as a JSON array."""
    levels: int = 0
    """How deep its parentheses are nested, those of single tests not counted."""


NEVER: Final = Sql("0")
COLUMNS: Final[Mapping[str, str]] = {
    "id": "i.id",
    "title": "i.title",
    "state": "i.state",
    "priority": "i.priority",
    "assignee": "i.assignee",
    "created": "i.created_at",
    "created-by": "i.created_by",
    "closed": "i.closed_at",
    "due": "i.due",
    "defer": "i.defer_until",
    "estimate": "i.estimate",
    "updated": "i.updated_at",
}
ALWAYS_THERE: Final = frozenset({"id", "title", "state", "priority", "created"})
"""Fields that only a broken issue lacks."""

_UNTYPED: Final = "f.value"
"""The one column that holds both text and integers."""
_IN: Final = "IN"
_GLOB: Final = "GLOB"
_ORDERS: Final = frozenset({"<", "<=", ">", ">="})


def where(condition: Condition, *, memberships: Iterable[str] = MEMBERSHIPS) -> Sql:
    """The condition as an expression over `issues i`."""
    compiler = _Compiler(tuple(memberships), with_broken=asks_for_broken(condition))
    found = compiler.condition(condition)
    return found if compiler.with_broken else _join([found, Sql("i.terminal IS NOT NULL")], "AND")


def order_by(sort: Sequence[Sort], *, with_broken: bool) -> Sql:
    """The terms of ORDER BY: missing values last, ties by id.

    `with_broken`: even fields that every readable issue has may be missing, so that no index gives the order.
    """
    terms: list[Sql] = []
    for key in sort:
        value = _sort_value(key.field)
        direction = " DESC" if key.descending else ""
        last = "" if key.field in ALWAYS_THERE and not with_broken else " NULLS LAST"
        terms.append(Sql(f"{value.text}{direction}{last}", value.parameters))
        if key.field == "id":
            break
    else:
        terms.append(Sql("i.id"))
    return Sql(", ".join(term.text for term in terms), tuple(p for term in terms for p in term.parameters))


def _sort_value(field: str) -> Sql:
    if field in COLUMNS:
        return Sql(COLUMNS[field])
    members = _members(field)
    return Sql(f"(SELECT min({members.value}) FROM {members.source} AND {members.back})", members.parameters)


class _Members(NamedTuple):
    """Where the members of a set are found: `SELECT value FROM source`, and how a row leads `back` to its issue."""

    key: str
    """The column of `issues` that names the issue there."""
    row: str
    """The column there that names the issue."""
    value: str
    source: str
    parameters: tuple[Scalar, ...] = ()

    @property
    def back(self) -> str:
        return f"{self.row} = {self.key}"


def _members(field: str) -> _Members:
    match check_field(field):
        case "depends-on":
            return _Members("i.key", "e.source", "e.target", "edges e WHERE 1")
        case "blocks":
            return _Members("i.id", "e.target", "s.id", "edges e JOIN issues s ON s.key = e.source WHERE 1")
        case "comment":
            return _Members("i.id", "c.issue", "c.id", "comments c WHERE 1")
        case name if name in NAMESPACES:
            # ';' is the character after ':'
            source = "facts f WHERE f.field = 'label' AND f.value >= ? AND f.value < ?"
            value = f"substr(f.value, {len(name) + 2})"
            return _Members("i.key", "f.issue", value, source, (f"{name}:", f"{name};"))
        case name:
            return _Members("i.key", "f.issue", _UNTYPED, "facts f WHERE f.field = ?", (name,))


class _Compiler:
    def __init__(self, memberships: tuple[str, ...], *, with_broken: bool) -> None:
        self.memberships = memberships
        self.with_broken = with_broken

    def condition(self, condition: Condition, *, wanted: bool = True) -> Sql:
        """That the condition is true; or, if not `wanted`, that it is false."""
        match condition:
            case All() | Some():
                is_and = isinstance(condition, All) == wanted
                parts = dict.fromkeys(_flattened(condition, wanted=wanted, is_and=is_and))
                return _join([self.condition(part, wanted=truth) for part, truth in parts], "AND" if is_and else "OR")
            case Not(part):
                return self.condition(part, wanted=not wanted)
            case _:
                return self.leaf(condition, wanted=wanted)

    def leaf(self, leaf: Leaf, *, wanted: bool) -> Sql:
        found = self.test(leaf)
        text = found.text if wanted else f"NOT ({found.text})"
        if self.with_broken and not known_of_broken(leaf):  # neither true nor false
            text = f"(i.terminal IS NOT NULL AND {text})"
        return found._replace(text=text)

    def test(self, leaf: Leaf) -> Sql:
        match leaf:
            case OneOf(field, values):
                fitting = [value for value in values if fits_kind(check_field(field), value)]
                return _some_member(field, _IN, fitting) if fitting else NEVER
            case Glob(field, pattern):
                text = glob_text(pattern)
                fits = check_field(field) not in INTEGERS and len(text.encode()) <= MAX_PATTERN
                return _some_member(field, _GLOB, [text]) if fits else NEVER
            case Compare(field, op, value):
                assert op in _ORDERS
                return _some_member(field, op, [value]) if fits_kind(check_field(field), value) else NEVER
            case Present(field):
                return _some_member(field, "", [])
            case Words():
                return _search(leaf)
            case Is():
                return self.flag(leaf)
            case _:
                assert_never(leaf)

    def flag(self, leaf: Is) -> Sql:
        if leaf.flag in _FLAGS:
            return Sql(_FLAGS[leaf.flag])
        if leaf.flag in _FLAGS_OF_TODAY:
            return Sql(_FLAGS_OF_TODAY[leaf.flag], (leaf.today,))
        if leaf.flag is Flag.STALE:
            text = "(i.state IN ('in_progress', 'gated') AND i.updated_at IS NOT NULL AND i.updated_at < ?)"
            return Sql(text, (leaf.stale_before,))
        assert leaf.flag is Flag.ORPHAN
        return self.orphan()

    def orphan(self) -> Sql:
        """Neither a parent, nor a label of a namespace that makes it a member."""
        from json import dumps

        # ';' is the character after ':'
        text = """i.key NOT IN (
            SELECT issue FROM facts WHERE field = 'parent'
            UNION ALL
            SELECT f.issue FROM json_each(?) n CROSS JOIN facts f
            WHERE f.field = 'label' AND f.value >= n.value || ':' AND f.value < n.value || ';')"""
        return Sql(text, (dumps(self.memberships),))


def _some_member(field: str, test: str, values: Sequence[Scalar]) -> Sql:
    """Some member of the field's set stands the test; with no test, there is a member."""
    if field in COLUMNS:
        column = COLUMNS[field]
        if not test:
            return Sql(f"{column} IS NOT NULL")
        found = _tested(column, test, values)
        if field in ALWAYS_THERE:
            return found
        return Sql(f"({found.text} AND {column} IS NOT NULL)", found.parameters)
    if field in NAMESPACES and test == _IN:  # whole labels, which the index finds at once
        return _some_member("label", test, [f"{field}:{value}" for value in values])
    members = _members(field)
    found = _tested(members.value, test, values) if test else Sql("1")
    text = f"{members.key} IN (SELECT {members.row} FROM {members.source} AND {found.text})"
    return Sql(text, (*members.parameters, *found.parameters))


def _tested(value: str, test: str, operands: Sequence[Scalar]) -> Sql:
    if test in _ORDERS and value == _UNTYPED:  # SQLite has an order of kinds too: every text is above every number
        kind = "integer" if isinstance(operands[0], int) else "text"
        return Sql(f"typeof({value}) = '{kind}' AND {value} {test} ?", tuple(operands))
    if test != _IN:
        return Sql(f"{value} {test} ?", tuple(operands))
    if len(operands) <= MAX_LISTED:
        return Sql(f"{value} IN ({', '.join('?' * len(operands))})", tuple(operands))
    from json import dumps

    return Sql(f"{value} IN (SELECT value FROM json_each(?))", (dumps(operands),))


def _search(leaf: Words) -> Sql:
    """FTS5's own little language: a quoted phrase, perhaps with a star behind it, perhaps in one column."""
    if not leaf.tokens:
        return NEVER
    phrase = '"' + " ".join(leaf.tokens).replace('"', '""') + '"' + ("*" if leaf.prefix else "")
    query = f"title : {phrase}" if leaf.where == "title" else phrase
    return Sql("i.key IN (SELECT rowid FROM words WHERE words MATCH ?)", (query,))


def _flattened(condition: Condition, *, wanted: bool, is_and: bool) -> Iterator[tuple[Condition, bool]]:
    """The parts of a conjunction, or of a disjunction, with those of such parts; and whether each shall be true."""
    match condition:
        case Not(part):
            yield from _flattened(part, wanted=not wanted, is_and=is_and)
        case All(parts) | Some(parts) if (isinstance(condition, All) == wanted) == is_and:
            for part in parts:
                yield from _flattened(part, wanted=wanted, is_and=is_and)
        case _:
            yield condition, wanted


def _join(parts: Sequence[Sql], operator: str) -> Sql:
    """One expression, within every limit of SQLite however many parts there are, and however deep they are."""
    if not parts:
        return Sql("1" if operator == "AND" else "0")
    parts = [_asked_before(part) if part.levels >= MAX_LEVELS else part for part in parts]
    while len(parts) > 1:
        chains = [parts[start : start + MAX_CHAIN] for start in range(0, len(parts), MAX_CHAIN)]
        parts = [_chain(chain, operator) for chain in chains]
    return parts[0]


def _chain(parts: Sequence[Sql], operator: str) -> Sql:
    if sum(len(part.parameters) for part in parts) > MAX_PARAMETERS:
        share = MAX_PARAMETERS // MAX_CHAIN
        parts = [_asked_before(part) if len(part.parameters) > share else part for part in parts]
    return Sql(
        f"({f' {operator} '.join([part.text for part in parts])})",
        tuple([parameter for part in parts for parameter in part.parameters]),
        1 + max(part.levels for part in parts),
    )


def _asked_before(part: Sql) -> Sql:
    """Its answer, by ids: a question of its own meets every limit anew."""
    question = Sql(f"SELECT i.id FROM issues i WHERE {part.text}", part.parameters)
    return Sql("i.id IN (SELECT value FROM json_each(?))", (question,))


def glob_text(pattern: "Pattern") -> str:
    """The pattern in SQLite's GLOB: a character that is special there stands in brackets of its own."""
    pieces: list[str] = []
    for piece in pattern:
        if piece is None:
            pieces.append("*")
        elif isinstance(piece, int):
            pieces.append("?")
        else:
            pieces.append("".join(f"[{char}]" if char in "*?[" else char for char in piece))
    return "".join(pieces)
