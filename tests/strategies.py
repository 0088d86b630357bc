"""Hypothesis strategies that everybody shares: issues, whole trackers of them, conditions, orders.

Texts are drawn from small, nasty alphabets, so that values collide often and every special character of
SQL, GLOB and FTS turns up.

A strategy is made once: to make one anew for every example takes longer than to draw from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from hypothesis import strategies as st

from git_jit import condition as c
from git_jit.config import Config
from git_jit.model import (
    PRIORITIES,
    Actor,
    Comment,
    CommentId,
    Date,
    Document,
    Gate,
    GateKey,
    GateMode,
    GateStage,
    GateStatus,
    GateVerdict,
    Issue,
    IssueId,
    Link,
    State,
    Timestamp,
)
from git_jit.text import tokens
from git_jit.view import Plan

TITLES = st.text("ab c*?[]^'\"%_-AZßéİ漢🙂", min_size=1, max_size=8)
LINES = st.text("ab c'\"-*ßé漢1", max_size=12)
BODIES = st.lists(LINES, max_size=3).map("\n".join)
DAYS = st.sampled_from(["2026-01-01", "2026-06-15", "2026-11-20", "2026-11-21", "2026-11-22", "2027-02-01"]).map(Date)
MOMENTS = st.builds(
    lambda day, second, micro: Timestamp(f"{day}T10:00:{second:02}.{micro:06}Z"),
    DAYS,
    st.integers(0, 2),
    st.sampled_from([0, 5, 999999]),
)
ACTORS = st.sampled_from(["human:ada", "human:bo", "agent:w-1", "agent:w*", "ci:x"]).map(Actor)
LABELS = st.sampled_from(
    ["type:bug", "type:task", "epic:a", "epic:b*", "milestone:v1", "milestone:v1.0", "story:s", "component:core", "c:É"]
)
GATE_KEYS = st.sampled_from(["tests", "review", "a.b"]).map(GateKey)
PATHS = st.sampled_from(["docs/plan.md", "docs/[x].md", "README"])
CUSTOM_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), TITLES, st.lists(st.integers(0, 3) | TITLES, max_size=2),
    st.dictionaries(st.sampled_from(["k", "l"]), st.integers(0, 2), max_size=2),
)  # fmt: skip


def _of_hex(text: str) -> IssueId:
    return IssueId(text.ljust(32, "0"))


IDS = st.one_of(
    st.text("01af", min_size=1, max_size=4).map(_of_hex),  # long common beginnings
    st.integers(0, 16**32 - 1).map(lambda number: IssueId(f"{number:032x}")),
)


_STATES = st.sampled_from(State)
_PRIORITIES = st.sampled_from(PRIORITIES)
_SOMEBODY = st.none() | ACTORS
_SOME_DAY = st.none() | DAYS
_LABELS = st.sets(LABELS, max_size=3)
_PLACES = st.integers(0, 8)
"""Which of the others, of as many as a tracker has."""
_DEPENDENCIES = st.sets(_PLACES, max_size=3)
_LINKS = st.sets(st.tuples(st.sampled_from(["parent", "relates-to"]), _PLACES), max_size=2)
_VERDICTS = st.dictionaries(GATE_KEYS, st.builds(GateStatus, status=st.sampled_from(GateVerdict)), max_size=2)
_DOCUMENTS = st.lists(st.builds(Document, path=PATHS), max_size=1)
_ESTIMATES = st.none() | st.integers(-5, 500)
_CUSTOM = st.dictionaries(st.sampled_from(["points", "it's", "*"]), CUSTOM_VALUES, max_size=2)


@st.composite
def issues(draw: st.DrawFn, *, id: IssueId | None = None, others: tuple[IssueId, ...] = ()) -> Issue:
    """One issue as the codec would read it back; it refers to `others`, and now and then to a missing one."""
    own = draw(IDS) if id is None else id
    targets = [*others, _of_hex("dead")]
    state = draw(_STATES)
    return Issue(
        id=own,
        title=draw(TITLES),
        created_at=draw(MOMENTS),
        created_by=draw(_SOMEBODY),
        description=draw(BODIES),
        state=state,
        priority=draw(_PRIORITIES),
        assignee=draw(_SOMEBODY),
        labels=tuple(sorted(draw(_LABELS))),
        dependencies=tuple(sorted({targets[place % len(targets)] for place in draw(_DEPENDENCIES)})),
        links=tuple(sorted({Link(kind, targets[place % len(targets)]) for kind, place in draw(_LINKS)})),
        gates=draw(_VERDICTS),
        documents=tuple(draw(_DOCUMENTS)),
        due=draw(_SOME_DAY),
        defer_until=draw(_SOME_DAY),
        estimate=draw(_ESTIMATES),
        fields=draw(_CUSTOM),
        closed_at=draw(MOMENTS) if state.terminal else None,
    )


@dataclass(frozen=True)
class Tracker:
    """Everything a commit may hold."""

    issues: Mapping[IssueId, Issue] = field(default_factory=dict)
    comments: Mapping[tuple[IssueId, CommentId], Comment] = field(default_factory=dict)
    gates: Mapping[GateKey, Gate] = field(default_factory=dict)
    raw: Mapping[str, bytes] = field(default_factory=dict)
    config: Config | None = None

    def plan(self) -> Plan:
        """What makes it from nothing."""
        return Plan(issues=self.issues, comments=self.comments, gates=self.gates, raw=self.raw, config=self.config)


@st.composite
def trackers(draw: st.DrawFn, *, max_issues: int = 8, broken: bool = True) -> Tracker:
    """Issues that wait for earlier ones only (a random DAG, with dangling edges), comments, gates, broken blobs."""
    ids = draw(_ids(max_issues))
    found = {id: draw(issues(id=id, others=tuple(ids[:place]))) for place, id in enumerate(ids)}
    return Tracker(
        issues=found,
        comments=draw(_comments(ids)) if ids else {},
        gates={
            key: Gate(key=key, title=title, stage=stage, mode=mode)
            for key, (title, stage, mode) in draw(_GATES).items()
        },
        raw=draw(broken_blobs()) if broken else {},
        config=draw(_CONFIGS),
    )


@cache
def _ids(most: int) -> st.SearchStrategy[list[IssueId]]:
    return st.lists(IDS, unique=True, max_size=most)


_GATES = st.dictionaries(
    GATE_KEYS, st.tuples(TITLES, st.sampled_from(GateStage), st.sampled_from(GateMode)), max_size=2
)
_CONFIGS = st.none() | st.just(Config(membership={"bug": "c", "epic": "epic"}))
_COMMENTED = st.lists(_PLACES, max_size=4)


@st.composite
def _comments(draw: st.DrawFn, ids: list[IssueId]) -> dict[tuple[IssueId, CommentId], Comment]:
    found: dict[tuple[IssueId, CommentId], Comment] = {}
    for number, place in enumerate(draw(_COMMENTED)):
        issue = ids[place % len(ids)]
        id = CommentId(f"01J{number:023}")
        earlier = [other for of, other in found if of == issue]
        found[issue, id] = Comment(
            id=id,
            issue=issue,
            author=draw(_SOMEBODY),
            created_at=draw(MOMENTS),
            body=draw(BODIES),
            replaces=draw(st.sampled_from([None, *earlier])),
        )
    return found


@cache
def broken_blobs() -> st.SearchStrategy[dict[str, bytes]]:
    """Blobs that are not what their path says, odd paths, and files that are nobody's business."""
    content = st.sampled_from([b"", b"{", b"[]", b"\xff\xfe", b'{"schema": 99}', b"<<<<<<< ours\n"])
    paths = IDS.map(lambda name: f"issues/{name[:2]}/{name}.json") | st.sampled_from(
        ["issues/README", "issues/zz/x.json", "issues/00/x/y.json", "comments/x.json", "gates/tests.json", "gates/x",
         "README.md", "conflicts/x/title.json", "config.json"]
    )  # fmt: skip
    return st.dictionaries(paths, content, max_size=2)


# --- conditions -----------------------------------------------------------------------------------------

_TEXT_FIELDS: Mapping[str, st.SearchStrategy[c.Scalar]] = {
    "id": IDS,
    "title": TITLES,
    "state": st.sampled_from(State).map(str),
    "assignee": ACTORS,
    "created-by": ACTORS,
    "created": MOMENTS,
    "closed": MOMENTS,
    "updated": MOMENTS,
    "due": DAYS,
    "defer": DAYS,
    "label": LABELS,
    "type": st.sampled_from(["bug", "task"]),
    "epic": st.sampled_from(["a", "b*"]),
    "milestone": st.sampled_from(["v1", "v1.0"]),
    "depends-on": IDS,
    "blocks": IDS,
    "parent": IDS,
    "doc": PATHS,
    "gate": st.sampled_from(["tests", "tests=failed", "review=passed", "a.b"]),
    "link": IDS.map(lambda name: f"parent:{name}"),
    "comment": st.integers(0, 3).map(lambda number: f"01J{number:023}"),
    "field.points": st.one_of(st.sampled_from(["1", "true", "a", '{"k":1}']), st.integers(-3, 3)),
    "field.it's": TITLES,
    "field.*": TITLES,
    "field.nowhere": TITLES,
}
FIELDS = st.sampled_from([*_TEXT_FIELDS, "priority", "estimate"])
SORTS = st.lists(st.builds(c.Sort, FIELDS, st.booleans()), max_size=3, unique_by=lambda key: key.field)


@cache
def values_of(name: str) -> st.SearchStrategy[c.Scalar]:
    """Values that the field may hold, and now and then one of the wrong kind."""
    numbers = st.integers(-1, 4) | st.sampled_from([60, 500])
    fitting: st.SearchStrategy[c.Scalar] = _TEXT_FIELDS.get(name, numbers)
    return st.one_of(fitting, fitting, fitting, numbers, TITLES)


_TEXT_FIELD = st.sampled_from(list(_TEXT_FIELDS))
_ONE_CHARACTER = st.sampled_from([None, 1])
_CUT = st.integers(0, 1)
_TEXT = st.one_of(TITLES, LINES)
_WHERE = st.sampled_from(["title", "text"])


@st.composite
def globs(draw: st.DrawFn) -> c.Glob:
    name = draw(_TEXT_FIELD)
    text = str(draw(values_of(name)))
    cut = draw(st.integers(0, len(text)))
    pieces: list[str | int | None] = [
        text[:cut],
        draw(_ONE_CHARACTER),
        text[cut + draw(_CUT) :],
    ]
    return c.Glob(name, tuple(piece for piece in pieces if piece != ""))


@st.composite
def words(draw: st.DrawFn) -> c.Words:
    found = tuple(tokens(draw(_TEXT)))
    return c.Words(draw(_WHERE), found, draw(st.booleans()))


@cache
def _one_of(name: str) -> st.SearchStrategy[c.Condition]:
    return st.builds(c.OneOf, st.just(name), st.lists(values_of(name), max_size=3).map(tuple))


@cache
def _compare(name: str) -> st.SearchStrategy[c.Condition]:
    return st.builds(c.Compare, st.just(name), st.sampled_from(["<", "<=", ">", ">="]), values_of(name))


@cache
def leaves() -> st.SearchStrategy[c.Condition]:
    """Every kind of test, on every field."""
    return st.one_of(
        FIELDS.flatmap(_one_of),
        FIELDS.flatmap(_compare),
        st.builds(c.Present, FIELDS),
        globs(),
        words(),
        st.builds(c.Is, st.sampled_from(c.Flag), DAYS, MOMENTS),
    )


@cache
def conditions() -> st.SearchStrategy[c.Condition]:
    """Trees of `leaves`."""
    return st.recursive(
        leaves(),
        lambda parts: st.one_of(
            st.builds(c.All, st.lists(parts, max_size=3).map(tuple)),
            st.builds(c.Some, st.lists(parts, max_size=3).map(tuple)),
            st.builds(c.Not, parts),
        ),
        max_leaves=5,
    )


@st.composite
def deep_conditions(draw: st.DrawFn) -> c.Condition:
    """One test below up to 70 levels: more than a filter may have, with those inside its terms."""
    found = draw(leaves())
    others = _maybe_a_leaf()
    for level in draw(_LEVELS):
        found = c.Not(found) if level is c.Not else level((*draw(others), found, *draw(others)))
    return found


@cache
def _maybe_a_leaf() -> st.SearchStrategy[tuple[c.Condition, ...]]:
    return st.lists(leaves(), max_size=1).map(tuple)


_LEVELS = st.lists(st.sampled_from([c.All, c.Some, c.Not]), min_size=20, max_size=70)
